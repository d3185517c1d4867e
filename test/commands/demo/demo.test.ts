/** `demo`: all that it prints, with a receiver in this process. test/e2e/demo.test.ts runs the executable. */

import { afterEach, beforeEach, expect, spyOn, test } from 'bun:test';
import { existsSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import * as showing from '../../../src/commands/demo/showing.ts';
import type { CommandDefinition } from '../../../src/commands/tree.ts';
import * as draining from '../../../src/run/draining.ts';
import * as signals from '../../../src/run/signals.ts';
import * as receivers from '../../../src/server/receiver.ts';
import { runInProcess } from '../../support/in-process.ts';

const root: CommandDefinition = {
  subCommands: { demo: () => import('../../../src/commands/demo/demo.ts').then((module) => module.demoCommand) },
};

const { drainOutbox } = draining;
let drains: ReturnType<typeof spyOn<typeof draining, 'drainOutbox'>>;
let starts: ReturnType<typeof spyOn<typeof receivers, 'startReceiver'>>;
beforeEach(() => {
  drains = spyOn(draining, 'drainOutbox');
  starts = spyOn(receivers, 'startReceiver');
});
afterEach(() => {
  drains.mockRestore();
  starts.mockRestore();
});

/** The directory of the demonstration. */
const directory = () => dirname(String(starts.mock.calls[0]?.[0].database));

const demo = (...flags: string[]) => runInProcess(root, ['demo', ...flags], {});

/** The lines of a text without what differs between runs: ids, ports and times. */
const linesOf = (text: string) =>
  text
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')
    .replace(/127\.0\.0\.1:\d+/g, 'HOST')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]{15}/g, 'TIME')
    .replace(/ +\d+[sm] +\d+ KiB/g, ' AGE SIZE')
    // A fast host makes the second attempt within the second that it has.
    .replace(/ +[1-9]\d* {2}in \d+[sm]$/gm, ' TRIES in A MINUTE')
    .split('\n');

const down = [
  "1. The API at HOST is down. Two rounds of 'run derecho casper', on recordings of real PBS:",
  '',
  "2. Nothing is lost: 'outbox ls' shows the pending entries.",
];
const afterwards = [
  '',
  "3. The API comes up, and 'drain --now' delivers the entries, oldest first:",
  '   There are no undelivered entries.',
  '   http://HOST/api/v1/status/derecho/latest  TIME: 2488 CPU nodes, 112 jobs running',
  '   http://HOST/api/v1/status/casper/latest  TIME: 68 CPU nodes, 264 jobs running',
  '',
  "4. 'jobs export' sends the finished jobs of a PBS and a Slurm cluster, from real recordings:",
  '   pbs-cluster    141 jobs of 8 users, 3.39 CPU-hours, 0.09 GPU-hours (PBS, accounting log)',
  '   slurm-cluster  36 jobs of 4 users, 0.93 CPU-hours, 0.39 GPU-hours (Slurm, sacct)',
];

test('four pending entries are delivered once the API is up, and the jobs of two clusters', async () => {
  const { exit, stdout } = await demo();
  const lines = linesOf(stdout);
  const third = lines.indexOf('', 2);
  expect(lines.slice(0, 3)).toEqual(down);
  expect(lines[3]).toMatch(/^ {3}ID +STREAM +STATE +AGE +SIZE +TRIES +NEXT$/);
  expect(lines.slice(4, third).sort()).toEqual(
    [
      ...new Array<string>(2).fill('       connection refused'),
      ...['casper ', 'derecho'].flatMap((system) => [
        `   ID  sam/${system}  pending AGE SIZE TRIES in A MINUTE`,
        `   ID  sam/${system}  pending AGE SIZE      0  in turn`,
      ]),
    ].sort(),
  );
  expect(lines.slice(third)).toEqual([...afterwards, '']);
  expect(exit).toBe(0);
  expect(drains.mock.calls.slice(0, 3).map(([, options]) => options)).toEqual([
    { stream: null, ignoreRest: false, maxSeconds: 1 },
    { stream: null, ignoreRest: false, maxSeconds: 1 },
    { stream: null, ignoreRest: true, maxSeconds: null },
  ]);
  expect(existsSync(directory())).toBe(false);
}, 60_000);

test('--keep fills the receiver and keeps it until the end; a failed drain fails the command', async () => {
  const order: string[] = [];
  drains.mockImplementation(async (context, options) => {
    const code = await drainOutbox(context, options);
    return options.ignoreRest && options.maxSeconds === null ? 1 : code;
  });
  let url = '';
  const spies: { mockRestore(): void }[] = [
    spyOn(showing, 'fillReceiver').mockImplementation(async (receiver, systems) => {
      ({ url } = receiver);
      order.push(`fill ${systems}`);
      expect(directory()).toMatch(/\/hpc-collector-demo-[^/]{6}$/);
      const files = readdirSync(directory());
      for (const file of ['outbox.db', 'receiver.db', 'recordings']) expect(files).toContain(file);
    }),
    spyOn(showing, 'keepFresh').mockImplementation(async (receiver, systems, until, onFailure) => {
      order.push(`refresh ${systems}`);
      expect([receiver.url, until]).toEqual([url, signals.stopSignal]);
      onFailure(new Error('no snapshot today'));
      spies.push(
        spyOn(signals.stopSignal, 'addEventListener').mockImplementation(
          (event: string, stop: unknown, options: unknown) => {
            order.push(`wait for ${event} ${JSON.stringify(options)}`);
            if (typeof stop === 'function') stop();
          },
        ),
      );
    }),
  ];
  try {
    const { exit, stdout, stderr } = await demo('--keep');
    expect(stderr).toContain('WARNING [collector] no snapshot today\n');
    const lines = linesOf(stdout.replace(/password \S{32}$/m, 'password PASSWORD'));
    expect(lines.slice(lines.indexOf('', 2))).toEqual([
      ...afterwards,
      '',
      '5. The receiver gets a day of snapshots made from the recordings, a made-up hub, and a year of made-up jobs of derecho.',
      '',
      'Its dashboard runs until it is interrupted (Ctrl-C): http://HOST, user demo, password PASSWORD',
      '',
    ]);
    expect(order).toEqual(['fill derecho,casper', 'refresh derecho,casper', 'wait for abort {"once":true}']);
    expect(exit).toBe(1);
    await expect(fetch(url)).rejects.toThrow();
    expect(existsSync(directory())).toBe(false);
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}, 60_000);
