import { expect, test } from 'bun:test';
import type { Condition } from '../../src/health/condition.ts';
import { findingsOf, statusOf } from '../../src/health/findings.ts';
import { ago, condition, limits, stream, system } from './helper.ts';

const judged = (rest: Partial<Condition>) =>
  findingsOf(condition(rest), limits).map(({ topic, status, text, alerts }) => [topic, status, text, alerts] as const);
const maintenance = { system: 'derecho', since: ago(60), until: ago(-60), reason: 'cooling' };

test('a healthy condition has no findings', () => {
  expect(judged({})).toEqual([]);
});

test.each([
  ['9 minutes old', { storedAt: ago(9.9), deliveredAt: ago(9.9) }, []],
  ['10', { storedAt: ago(10), deliveredAt: ago(10) }, ['collection warning derecho: last stored 10m ago false']],
  ['15', { storedAt: ago(15), deliveredAt: ago(15) }, ['collection critical derecho: last stored 15m ago true']],
  ['never', { storedAt: null, deliveredAt: null }, ['collection critical derecho: no snapshot was stored true']],
  ['not delivered', { deliveredAt: ago(16) }, ['delivery critical derecho: last delivered 16m ago true']],
  ['not delivered for 10', { deliveredAt: ago(11) }, ['delivery warning derecho: last delivered 11m ago false']],
  ['not delivered yet', { deliveredAt: null }, []],
  [
    'not delivered to one of its destinations',
    {
      deliveries: new Map([
        ['sam', ago(1)],
        ['ours', ago(16)],
        ['new', null],
      ]),
    },
    ['delivery critical derecho: last delivered to ours 16m ago true'],
  ],
  ['from the near future', { storedAt: ago(-0.5), deliveredAt: ago(-0.5) }, []],
  [
    'two probes failed three times and more',
    {
      failedProbes: new Map([
        ['jobs', 3],
        ['once', 1],
        ['nodes', 4],
      ]),
    },
    ['probes warning derecho: failed in a row: jobs (3 times), nodes (4 times) true'],
  ],
  [
    'in a maintenance without an end and a reason',
    { maintenance: { ...maintenance, until: null, reason: null } },
    ['maintenance ok derecho: in maintenance false'],
  ],
  ['failed twice', { failedProbes: new Map([['jobs', 2]]) }, []],
  [
    'failed three times',
    { failedProbes: new Map([['jobs', 3]]) },
    ['probes warning derecho: failed in a row: jobs (3 times) true'],
  ],
])('a system: %s', (_, rest, expected) => {
  expect(judged({ systems: [system(rest)] }).map((one) => one.join(' '))).toEqual(expected);
});

test.each<[string, Partial<Condition>, string[]]>([
  [
    'an entry that waits',
    { streams: [stream({ pending: 3, oldestPending: ago(20) })] },
    ['delivery critical 3 entries are pending, the oldest for 20m true'],
  ],
  [
    'entries that cannot be delivered, of two streams with one error and of a third in maintenance',
    {
      systems: [system({ name: 'hub', maintenance })],
      streams: [
        stream({ pending: 3, oldestPending: ago(20) }),
        stream({ stream: 'sam/hub', pending: 5, oldestPending: ago(30) }),
      ],
      deliveryErrors: new Map([
        ['sam/derecho', 'HTTP 503: down'],
        ['sam/casper', 'HTTP 503: down'],
        ['sam/hub', 'HTTP 500'],
        ['usage/farm', 'HTTP 401'],
        ['usage/meadow', 'HTTP 403'],
      ]),
    },
    [
      'delivery critical 3 entries are pending, the oldest for 20m: HTTP 503: down, HTTP 401 true',
      'maintenance ok hub: in maintenance until 2026-05-01 13:00:00 UTC (cooling) false',
    ],
  ],
  ['one that waits for its turn', { streams: [stream({ pending: 3, oldestPending: ago(9) })] }, []],
  ['jobs exported yesterday', { exportedUntil: new Map([['farm', ago(47 * 60)]]) }, []],
  [
    'jobs not exported for days, of one cluster and for a week of another',
    {
      exportedUntil: new Map([
        ['farm', ago(48 * 60)],
        ['meadow', ago(8 * 24 * 60)],
        ['orchard', ago(-5)],
        ['given up', ago(31 * 24 * 60)],
      ]),
    },
    [
      'history critical the jobs of meadow were last exported 8d ago: hpc-collector jobs export true',
      'history warning the jobs of farm were last exported 2d ago: hpc-collector jobs export true',
    ],
  ],
  [
    'one entry that waits',
    { streams: [stream({ pending: 1, oldestPending: ago(10) })] },
    ['delivery warning 1 entry is pending, the oldest for 10m false'],
  ],
  ['a rejected one', { streams: [stream({ rejected: 1 })] }, ['rejected warning 1 entry rejected true']],
  ['rejected ones', { streams: [stream({ rejected: 2 })] }, ['rejected warning 2 entries rejected true']],
  ['a held one', { streams: [stream({ held: 1 })] }, ['held warning 1 entry held false']],
  ['held ones', { streams: [stream({ held: 2 })] }, ['held warning 2 entries held false']],
  ['a lost one', { givenUp: 1 }, ['lost critical 1 entry lost in the last day: the outbox is full true']],
  ['lost ones', { givenUp: 2 }, ['lost critical 2 entries lost in the last day: the outbox is full true']],
  ['damage', { damages: 1 }, ['damage critical the outbox was damaged, see: hpc-collector outbox recover true']],
  [
    'the fallback directory',
    { spoolProblem: '/x belongs to another user' },
    ['spool warning fallback directory: /x belongs to another user true'],
  ],
  ['the name of a lock', { lockProblem: 'another user has it' }, ['lock warning another user has it true']],
  ['the spool', { spooled: 1 }, ['spool warning 1 snapshot is in the fallback directory true']],
  ['a spool of several', { spooled: 2 }, ['spool warning 2 snapshots are in the fallback directory true']],
  ['a disk with enough room', { diskFreeBytes: 256 * 2 ** 20 }, []],
  [
    'a disk with hardly less than enough',
    { diskFreeBytes: 256 * 2 ** 20 - 1 },
    ['disk warning only 255 MiB are left on the disk of the outbox true'],
  ],
  [
    'a disk at the critical limit',
    { diskFreeBytes: 32 * 2 ** 20 },
    ['disk warning only 32 MiB are left on the disk of the outbox true'],
  ],
  ['a disk', { diskFreeBytes: 200 * 2 ** 20 }, ['disk warning only 200 MiB are left on the disk of the outbox true']],
  ['a full disk', { diskFreeBytes: 0 }, ['disk critical only 0 MiB are left on the disk of the outbox true']],
  [
    'a network filesystem',
    { networkFilesystem: 'Lustre' },
    ['filesystem warning the outbox is on Lustre: use a local filesystem false'],
  ],
])('%s', (_, rest, expected) => {
  expect(judged(rest).map((one) => one.join(' '))).toEqual(expected);
});

test('a maintenance silences its system and no other, and is named', () => {
  const findings = findingsOf(
    condition({
      systems: [system({ storedAt: ago(99), maintenance }), system({ name: 'casper', storedAt: ago(12) })],
      streams: [stream({ pending: 1, oldestPending: ago(99) })],
    }),
    limits,
  );
  expect(findings).toMatchObject([
    { topic: 'collection', system: 'casper', status: 'warning', isSilenced: false },
    { topic: 'maintenance', text: 'derecho: in maintenance until 2026-05-01 13:00:00 UTC (cooling)' },
    { topic: 'collection', system: 'derecho', status: 'ok', isSilenced: true },
  ]);
  expect(statusOf(findings)).toBe('warning');
});

test('the worst finding is first and decides the status', () => {
  const findings = findingsOf(condition({ networkFilesystem: 'NFS', damages: 1 }), limits);
  expect(findings.map(({ topic }) => topic)).toEqual(['damage', 'filesystem']);
  expect(statusOf(findings)).toBe('critical');
});
