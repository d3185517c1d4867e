/** Which log lines say why probes failed: one for each cause. */

import { expect, test } from 'bun:test';
import { Outcomes } from '../../src/collect/probe-outcomes.ts';
import { Damages } from '../../src/lib/records.ts';
import { memoryLog } from '../support/memory-log.ts';

test('each unreachable host has a line of its own, with all probes that failed because of it', () => {
  const { log, lines } = memoryLog();
  const outcomes = new Outcomes(log);
  const fail = (name: string, unreachable: string | undefined, reason = `${name}: ${unreachable}`) =>
    outcomes.settle(name, { kind: 'failed', reason, unreachable });
  fail('nodes', 'ssh to pbs1: connection lost: closed by 10.0.0.1');
  fail('login_nodes/a', 'ssh to a: connection lost: closed by 10.0.0.9');
  fail('jobs', 'ssh to pbs1: connection lost: closed by 10.0.0.2');
  fail('queues', 'ssh to pbs1: login refused');
  fail('reservations', undefined, 'no licence');
  fail('filesystems/x', undefined, 'no licence');
  expect(outcomes.report()).toEqual(['nodes', 'login_nodes/a', 'jobs', 'queues', 'reservations', 'filesystems/x']);
  expect(lines).toHaveLength(5);
  expect(lines.map((line) => /failed probes: (.*)$/.exec(line)?.[1])).toContain('nodes, jobs');
});

test('a damaged record without a name is reported with its place', () => {
  const { log, lines } = memoryLog();
  const damaged = new Damages();
  damaged.add({ record: 'n1', byte: 7, problem: 'is no object' });
  damaged.add({ record: null, byte: 19, problem: 'ends too early' });
  const outcomes = new Outcomes(log);
  expect(outcomes.settle('nodes', { kind: 'done', value: [], damaged })).toEqual([]);
  expect(lines).toEqual([
    'WARN nodes: 2 records could not be read: n1 at byte 7 is no object; a record at byte 19 ends too early',
  ]);
});
