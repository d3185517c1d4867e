import { expect, test } from 'bun:test';
import { prometheusText } from '../../src/health/prometheus.ts';
import { ago, busy, condition, now, stream, system } from './helper.ts';

const samplesOf = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.replace('hpc_collector_', ''));
const seconds = (minutes: number) => ago(minutes).getTime() / 1000;

test('every number of every system and stream is a sample', () => {
  expect(samplesOf(prometheusText(busy, 'warning', now))).toEqual([
    'health_status 1',
    `health_timestamp_seconds ${now.getTime() / 1000}`,
    `snapshot_stored_timestamp_seconds{system="derecho"} ${seconds(2)}`,
    `snapshot_stored_timestamp_seconds{system="casper"} ${seconds(5)}`,
    `snapshot_delivered_timestamp_seconds{system="derecho"} ${seconds(3)}`,
    'probe_failures_in_a_row{system="derecho",probe="jobs"} 1',
    'probe_failures_in_a_row{system="derecho",probe="nodes"} 4',
    'maintenance{system="derecho"} 1',
    'maintenance{system="casper"} 0',
    `jobs_exported_timestamp_seconds{cluster="derecho"} ${seconds(60)}`,
    `jobs_exported_timestamp_seconds{cluster="casper"} ${seconds(120)}`,
    'entries{stream="sam/derecho",state="pending"} 6',
    'entries{stream="sam/derecho",state="held"} 7',
    'entries{stream="sam/derecho",state="rejected"} 8',
    'entries{stream="sam/casper",state="pending"} 10',
    'entries{stream="sam/casper",state="held"} 20',
    'entries{stream="sam/casper",state="rejected"} 30',
    `oldest_pending_timestamp_seconds ${seconds(50)}`,
    'lost_entries_last_day 11',
    'damages_unacknowledged 1',
    'spooled_snapshots 12',
    'outbox_used_bytes 14',
    'disk_free_bytes 13',
    'outbox_on_network_filesystem 1',
  ]);
});

test('a system with destinations of its own has a sample for each', () => {
  const deliveries = new Map([
    ['sam', ago(2)],
    ['ours', null],
    ['theirs', ago(3)],
  ]);
  const lines = samplesOf(prometheusText(condition({ systems: [system({ deliveries })] }), 'ok', now));
  expect(lines.filter((line) => line.startsWith('snapshot_delivered'))).toEqual([
    `snapshot_delivered_timestamp_seconds{system="derecho",destination="sam"} ${ago(2).getTime() / 1000}`,
    `snapshot_delivered_timestamp_seconds{system="derecho",destination="theirs"} ${ago(3).getTime() / 1000}`,
  ]);
});

test('a value of 0 is a sample, and an unknown value has none', () => {
  const quiet = condition({
    systems: [system({ storedAt: null, deliveredAt: null })],
    streams: [stream()],
    diskFreeBytes: 0,
  });
  expect(samplesOf(prometheusText(quiet, 'ok', now)).slice(2)).toEqual([
    'maintenance{system="derecho"} 0',
    'entries{stream="sam/derecho",state="pending"} 0',
    'entries{stream="sam/derecho",state="held"} 0',
    'entries{stream="sam/derecho",state="rejected"} 0',
    'lost_entries_last_day 0',
    'damages_unacknowledged 0',
    'spooled_snapshots 0',
    'outbox_used_bytes 100000',
    'disk_free_bytes 0',
    'outbox_on_network_filesystem 0',
  ]);
});

test.each([
  ['ok', 0],
  ['warning', 1],
  ['critical', 2],
  ['unknown', 3],
] as const)('without a condition there is only the status %s, as %d', (status, number) => {
  expect(samplesOf(prometheusText(null, status, now))).toEqual([
    `health_status ${number}`,
    `health_timestamp_seconds ${now.getTime() / 1000}`,
  ]);
});

test('every metric is described once, before its samples, and labels are escaped', () => {
  const lines = prometheusText(condition({ systems: [system({ name: 'a"b\\c\nd' })] }), 'ok', now)
    .trimEnd()
    .split('\n');
  const types = lines.filter((line) => line.startsWith('# TYPE ')).map((line) => line.split(' ')[2]);
  expect(new Set(types).size).toBe(types.length);
  let current = '';
  for (const line of lines) {
    if (line.startsWith('# TYPE ')) current = line.split(' ')[2] ?? '';
    else if (!line.startsWith('#')) expect(line.replace(/[{ ].*/, '')).toBe(current);
  }
  expect(lines).toContain('hpc_collector_maintenance{system="a\\"b\\\\c\\nd"} 0');
});

test('each metric is a gauge with its meaning', () => {
  const comments = prometheusText(busy, 'warning', now)
    .split('\n')
    .filter((line) => line.startsWith('#'));
  expect(comments.filter((line) => line.startsWith('# HELP '))).toMatchInlineSnapshot(`
    [
      "# HELP hpc_collector_health_status Health status: 0 ok, 1 warning, 2 critical, 3 unknown.",
      "# HELP hpc_collector_health_timestamp_seconds Time when this file was written.",
      "# HELP hpc_collector_snapshot_stored_timestamp_seconds Collection time of the last stored snapshot.",
      "# HELP hpc_collector_snapshot_delivered_timestamp_seconds Collection time of the last delivered snapshot.",
      "# HELP hpc_collector_probe_failures_in_a_row Number of latest snapshots in a row in which the probe failed.",
      "# HELP hpc_collector_maintenance 1 if the system is in maintenance.",
      "# HELP hpc_collector_jobs_exported_timestamp_seconds Time up to which the finished jobs of a cluster were read.",
      "# HELP hpc_collector_entries Undelivered entries of the outbox.",
      "# HELP hpc_collector_oldest_pending_timestamp_seconds Collection time of the oldest pending entry.",
      "# HELP hpc_collector_lost_entries_last_day Undelivered entries deleted for lack of space.",
      "# HELP hpc_collector_damages_unacknowledged Unacknowledged recoveries of the outbox.",
      "# HELP hpc_collector_spooled_snapshots Snapshots in the fallback directory.",
      "# HELP hpc_collector_outbox_used_bytes Bytes of the outbox in use.",
      "# HELP hpc_collector_disk_free_bytes Free bytes on the disk of the outbox.",
      "# HELP hpc_collector_outbox_on_network_filesystem 1 if the outbox is on a network filesystem.",
    ]
  `);
  expect(comments.filter((line) => line.startsWith('# TYPE '))).toEqual(
    comments.flatMap((line) => (line.startsWith('# HELP ') ? [`# TYPE ${line.split(' ')[2]} gauge`] : [])),
  );
});
