import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { loadConfig } from '../../src/config/load.ts';
import { findingsOf } from '../../src/health/findings.ts';
import { healthJson, healthReport, withoutCondition } from '../../src/health/report.ts';
import { writeProgress } from '../../src/history/progress.ts';
import { Spool } from '../../src/outbox/spool/spool.ts';
import { newOutbox, put, type TestOutbox } from '../outbox/queue.ts';
import { memoryLog } from '../support/memory-log.ts';
import { withConfigDirectory } from '../support/systems.ts';
import { ago, busy, condition, limits, now, system } from './helper.ts';

test('--json has every system with its times, failures and maintenance', () => {
  const json = healthJson({ status: 'warning', summary: '', line: 'the line', condition: busy, findings: [] });
  expect(json).toEqual({
    status: 'warning',
    line: 'the line',
    findings: [],
    systems: [
      {
        system: 'derecho',
        stored_at: ago(2).toISOString(),
        delivered_at: ago(3).toISOString(),
        failed_in_a_row: { jobs: 1, nodes: 4 },
        maintenance_until: ago(-60).toISOString(),
      },
      {
        system: 'casper',
        stored_at: ago(5).toISOString(),
        delivered_at: null,
        failed_in_a_row: {},
        maintenance_until: null,
      },
    ],
  });
});

test('--json has the last delivery to each destination of a system, also to one that never got a snapshot', () => {
  const deliveries = new Map([
    ['sam', ago(3)],
    ['ours', null],
  ]);
  const report = { status: 'ok', summary: '', line: '', findings: [] } as const;
  const { systems } = healthJson({ ...report, condition: condition({ systems: [system({ deliveries })] }) });
  // `null` must not be left out when it is printed.
  expect(JSON.parse(JSON.stringify(systems))).toMatchObject([
    { delivered_to: { sam: ago(3).toISOString(), ours: null } },
  ]);
});

test('--json has null for a system that was never collected', () => {
  const report = { status: 'ok', summary: '', line: '', findings: [] } as const;
  const never = condition({ systems: [system({ storedAt: null, deliveredAt: null })] });
  expect(JSON.parse(JSON.stringify(healthJson({ ...report, condition: never }))).systems).toEqual([
    { system: 'derecho', stored_at: null, delivered_at: null, failed_in_a_row: {}, maintenance_until: null },
  ]);
});

test('--json has every finding with its topic, system and status, silenced or not', () => {
  const late = condition({
    systems: [
      system({ storedAt: ago(99), maintenance: { system: 'derecho', until: null, reason: null } }),
      system({ name: 'casper', storedAt: ago(12) }),
    ],
    damages: 1,
  });
  const { findings } = healthJson({
    status: 'critical',
    summary: '',
    line: '',
    condition: late,
    findings: findingsOf(late, limits),
  });
  expect(findings).toEqual([
    { topic: 'damage', system: null, status: 'critical', text: expect.any(String), silenced: false },
    { topic: 'collection', system: 'casper', status: 'warning', text: expect.any(String), silenced: false },
    { topic: 'maintenance', system: 'derecho', status: 'ok', text: expect.any(String), silenced: false },
    { topic: 'collection', system: 'derecho', status: 'ok', text: expect.any(String), silenced: true },
  ]);
});

test.each(['unknown', 'critical'] as const)('without a condition --json has the status %s and no system', (status) => {
  expect(healthJson(withoutCondition(status, 'why'))).toEqual({
    status,
    line: `HPC-COLLECTOR ${status.toUpperCase()}: why`,
    findings: [],
    systems: [],
  });
});

describe('without a system', () => {
  let box: TestOutbox;
  beforeEach(() => {
    box = newOutbox();
  });
  afterEach(() => box.remove());

  const locationOf = (file: string) => {
    const spool = new Spool(`${file}-spool`, file);
    return { file, isNamed: false, host: 'here', spool, log: memoryLog().log };
  };
  const reportOf = (file: string, systems: readonly string[], environment: Record<string, string> = {}) =>
    withConfigDirectory({ 'collector.yaml': `systems: [${systems}]\n` }, (directory) => {
      return healthReport({ config: loadConfig(directory, environment), outbox: locationOf(file) }, now).summary;
    });
  const ingest = { INGEST_API_URL: 'http://127.0.0.1:9', INGEST_API_KEY: 'key' };

  test('and with a usage-history API, jobs are expected: unknown until some were exported', () => {
    expect(reportOf(`${box.file}-none`, [], ingest)).toContain('UNKNOWN: no jobs were exported yet');
    expect(reportOf(box.file, [], ingest)).toContain('UNKNOWN: no jobs were exported yet');
    writeProgress(box.outbox, 'farm', { readUntil: ago(60), backfill: null });
    expect(reportOf(box.file, [], ingest)).toContain('OK: nothing is overdue');
  });

  test('the performance data has the limit of the outbox in bytes', () => {
    writeProgress(box.outbox, 'farm', { readUntil: ago(60), backfill: null });
    const yaml = 'outbox: { max_mib: 5 }\n';
    const { line } = withConfigDirectory({ 'collector.yaml': yaml }, (directory) =>
      healthReport({ config: loadConfig(directory, ingest), outbox: locationOf(box.file) }, now),
    );
    expect(line).toMatch(/ outbox_used=\d+B;;;0;5242880 /);
  });

  test('the performance data has the limits of ages in seconds', () => {
    const yaml = 'systems: [casper]\nhealth: { warn_minutes: 7, critical_minutes: 13 }\n';
    put(box.outbox, { collectedAt: ago(8) });
    const { line } = withConfigDirectory({ 'collector.yaml': yaml }, (directory) =>
      healthReport({ config: loadConfig(directory, {}), outbox: locationOf(box.file) }, now),
    );
    expect(line).toStartWith(
      'HPC-COLLECTOR WARNING: casper: last stored 8m ago; 1 entry is pending, the oldest for 8m | ',
    );
    expect(line).toContain(' casper_stored_age=480s;420;780;0 '.trim());
  });

  test('a damaged outbox is critical, and says what happens next', () => {
    box.outbox.close();
    // Everything but the header of the first page.
    const bytes = readFileSync(box.file);
    writeFileSync(box.file, bytes.fill(0xff, 100));
    expect(reportOf(box.file, ['casper'])).toMatch(
      /^HPC-COLLECTOR CRITICAL: the outbox is damaged \(.+\): the next run recovers what can be read$/,
    );
  });

  test('and without such an API, nothing is expected', () => {
    expect(reportOf(box.file, [])).toContain('UNKNOWN: no system is enabled');
  });

  test('with a configured system, its snapshots are expected, exported jobs or not', () => {
    writeProgress(box.outbox, 'farm', { readUntil: ago(60), backfill: null });
    expect(reportOf(`${box.file}-none`, ['casper'], ingest)).toContain('UNKNOWN: there is no outbox');
    expect(reportOf(box.file, ['casper'], ingest)).toContain('CRITICAL: casper: no snapshot was stored');
  });
});
