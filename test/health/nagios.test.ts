import { expect, test } from 'bun:test';
import { findingsOf, statusOf } from '../../src/health/findings.ts';
import { performanceData, statusLine, summaryLine } from '../../src/health/nagios.ts';
import { ago, busy, condition, limits, system } from './helper.ts';

function lineOf(of = busy): { text: string; data: readonly string[] } {
  const findings = findingsOf(of, limits);
  const text = summaryLine(of, findings, statusOf(findings));
  return { text, data: performanceData(of, limits, 1000).split(' ') };
}

test('the performance data has every number, of every system and stream', () => {
  const mebibyte = 1024 ** 2;
  const day = 86_400;
  expect(lineOf().data).toEqual([
    'derecho_stored_age=120s;600;900;0',
    'derecho_delivered_age=180s;600;900;0',
    'derecho_failed_in_a_row=4;2;;0',
    'casper_stored_age=300s;600;900;0',
    'casper_failed_in_a_row=0;2;;0',
    `derecho_exported_age=3600s;${2 * day};${7 * day};0`,
    `casper_exported_age=7200s;${2 * day};${7 * day};0`,
    'waiting=16;;;0',
    'waiting_age=3000s;600;900;0',
    'rejected=38;0;;0',
    'held=27;0;;0',
    'lost_24h=11;;0;0',
    'spooled=12;0;;0',
    'outbox_used=14B;;;0;1000',
    `disk_free=13B;${256 * mebibyte}:;${32 * mebibyte}:;0`,
  ]);
});

test('without entries nothing is pending, and no age is below 0', () => {
  const { data, text } = lineOf(condition({ systems: [system({ storedAt: ago(-1) })] }));
  expect(data).toContain('waiting=0;;;0');
  expect(data).toContain('waiting_age=0s;600;900;0');
  expect(data).toContain('derecho_stored_age=0s;600;900;0');
  expect(text).toContain('1 system ');
});

test('a line names the number of systems only if there are any', () => {
  expect(lineOf(condition({ systems: [] })).text).not.toContain('system');
  expect(lineOf(condition({ systems: [system(), system({ name: 'casper' })] })).text).toContain('2 systems ');
});

test('the names of other characters are quoted, and a text cannot end the line', () => {
  const { data } = lineOf(condition({ systems: [system({ name: "a-b='c" })] }));
  expect(data[0]).toStartWith("'a-b__c_stored_age'=");
  expect(statusLine('warning', 'a|b|c')).toBe('HPC-COLLECTOR WARNING: a/b/c');
});

test('the line lists every finding but the silenced ones, and no fewer in a maintenance', () => {
  const maintenance = { system: 'derecho', since: ago(60), until: null, reason: null };
  const silenced = system({ storedAt: ago(99), maintenance });
  expect(lineOf(condition({ systems: [silenced] })).text).toBe(
    'HPC-COLLECTOR OK: 1 system collected, nothing is overdue; derecho: in maintenance',
  );
  const late = system({ name: 'casper', storedAt: ago(12) });
  expect(lineOf(condition({ systems: [silenced, late] })).text).toBe(
    'HPC-COLLECTOR WARNING: casper: last stored 12m ago; derecho: in maintenance',
  );
});
