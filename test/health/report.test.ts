import { expect, test } from 'bun:test';
import { findingsOf } from '../../src/health/findings.ts';
import { healthJson, withoutCondition } from '../../src/health/report.ts';
import { ago, busy, condition, limits, system } from './helper.ts';

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
