import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { naiveUtc } from '../../src/lib/time.ts';
import { endMaintenance, startMaintenance } from '../../src/outage/maintenance.ts';
import { reportOutage, resolveOutage, updateOutage } from '../../src/outage/report.ts';
import { addEntry } from '../support/add-entry.ts';
import { momentOf, type Sketch, watched } from './helper.ts';

const up: Sketch = { login: { a: true, b: true } };
const down: Sketch = { login: { a: false, b: true } };
const kinds = (found: readonly { readonly kind: string }[]) => found.map(({ kind }) => kind);

describe('an outage of login nodes', () => {
  test('begins with the second bad snapshot of three, and ends with three good ones', () => {
    using site = watched();
    expect(kinds(site.see(down))).toEqual([]);
    expect(kinds(site.see(up))).toEqual([]);
    expect(kinds(site.see(down))).toEqual(['begins']);
    expect(site.bodies()).toEqual([
      {
        system_name: 'derecho',
        title: 'Login nodes unavailable: a',
        severity: 'minor',
        status: 'investigating',
        component: 'Login nodes',
        description: 'Detected by hpc-collector in at least 2 of the last 3 snapshots.',
        start_time: naiveUtc(momentOf(0)),
        outage_key: expect.any(String),
        outage_reported_at: naiveUtc(new Date(momentOf(2).getTime() + 30_000)),
        outage_rule: { name: 'login_nodes', affected: ['a'] },
      },
    ]);
    expect(kinds([...site.see(up), ...site.see(up)])).toEqual([]);
    expect(kinds(site.see(up))).toEqual(['ends']);
    const [first, last] = site.bodies();
    expect(last).toMatchObject({
      outage_key: String(first?.outage_key),
      status: 'resolved',
      start_time: naiveUtc(momentOf(0)),
      end_time: naiveUtc(momentOf(3)),
    });
    expect(site.see(up)).toEqual([]);
  });

  test('does not begin if two nodes fail in turn for one snapshot each', () => {
    using site = watched();
    expect(site.see({ login: { a: false, b: true } })).toEqual([]);
    expect(site.see({ login: { a: true, b: false } })).toEqual([]);
  });

  test('becomes major with a second node, which is reported; a return to minor is not', () => {
    using site = watched();
    for (const sketch of [down, down]) site.see(sketch);
    const both = { login: { a: false, b: false } };
    site.see(both);
    expect(site.see(both)).toMatchObject([
      { kind: 'changes', outage: { severity: 'major', title: 'Login nodes unavailable: a, b' } },
    ]);
    for (let count = 0; count < 4; count++) expect(site.see(down)).toEqual([]);
    expect(site.outages()).toMatchObject([{ severity: 'major', outage_rule: { affected: ['a'] } }]);
    expect(site.reports()).toHaveLength(2);
  });

  test('that passes from node to node is one outage; only the receiver gets its changes', () => {
    using site = watched({ good: 2 });
    const other = { login: { a: true, b: false } };
    for (const sketch of [down, down, other]) site.see(sketch);
    expect(site.see(other)).toEqual([]);
    expect(site.outages()).toMatchObject([{ outage_rule: { affected: ['b'] } }]);
    site.outbox.database.run(
      `INSERT INTO outage_answers (outage, destination, is_one_row) SELECT key, 'sam', 1 FROM outages`,
    );
    site.see(down);
    expect(site.see(down)).toMatchObject([{ kind: 'changes', outage: { title: 'Login nodes unavailable: a' } }]);
    expect(site.outages()).toHaveLength(1);
  });

  test('whose things change is reported only if each destination keeps one row for an outage', () => {
    using site = watched({ good: 2 }, ['sam', 'backup']);
    const other = { login: { a: true, b: false } };
    for (const sketch of [down, down]) site.see(sketch);
    const answers = (isOneRow: Readonly<Record<string, number>>) => {
      for (const [destination, value] of Object.entries(isOneRow))
        site.outbox.database
          .query(
            'INSERT OR REPLACE INTO outage_answers (outage, destination, is_one_row) SELECT key, ?, ? FROM outages',
          )
          .run(destination, value);
    };
    answers({ sam: 1, backup: 0 });
    expect([...site.see(other), ...site.see(other)]).toEqual([]);
    answers({ sam: 0, backup: 1 });
    expect([...site.see(down), ...site.see(down)]).toEqual([]);
    answers({ sam: 1 });
    expect(kinds([...site.see(other), ...site.see(other)])).toEqual(['changes']);
  });

  test('is not reported twice from the same snapshots', () => {
    using site = watched();
    for (const sketch of [down, down]) site.see(sketch);
    for (let count = 0; count < 3; count++) expect(site.detect()).toEqual([]);
    expect(site.reports()).toHaveLength(1);
  });

  test('is not extended by what was seen before the end of the outage before it', () => {
    using site = watched({ snapshots: 2, bad: 2, good: 1 });
    const only = (name: 'a' | 'b') => ({ login: { a: name !== 'a', b: name !== 'b' } });
    for (const sketch of [only('b'), only('b')]) site.see(sketch);
    expect(kinds(site.see(only('a')))).toEqual(['ends']);
    expect(site.see({ login: { a: false, b: false } })).toEqual([]);
    expect(kinds(site.see({ login: { b: false }, failed: ['login_nodes/a'] }))).toEqual(['begins']);
    expect(site.detect()).toEqual([]);
    expect(site.outages().map(({ outage_rule }) => outage_rule?.affected)).toEqual([['b'], ['b']]);
    expect(kinds(site.see({ login: { a: false, b: false } }))).toEqual(['changes']);
  });

  test('ends if the node is no longer configured, but not if its probe failed', () => {
    using site = watched();
    for (const sketch of [down, down]) site.see(sketch);
    const without = { login: { b: true } };
    for (let count = 0; count < 3; count++) expect(site.see({ ...without, failed: ['login_nodes/a'] })).toEqual([]);
    site.see(without);
    site.see(without);
    expect(kinds(site.see(without))).toEqual(['ends']);
  });

  test('does not begin from snapshots that are hours apart', () => {
    using site = watched();
    site.see(down);
    site.skip(24);
    expect(site.see(down)).toEqual([]);
  });
});

describe('an outage that another outbox detected too', () => {
  /** Stores the report of another outbox, as an import or a recovery does. */
  const reported = ({ outbox }: ReturnType<typeof watched>, members: object) =>
    addEntry(outbox, {
      stream: 'sam/outage',
      destination: 'sam',
      method: 'POST',
      path: '/api/v1/status/outage',
      body: JSON.stringify({
        system_name: 'derecho',
        title: 'Login nodes unavailable: b',
        severity: 'minor',
        status: 'investigating',
        component: 'Login nodes',
        start_time: naiveUtc(momentOf(0)),
        outage_key: crypto.randomUUID(),
        outage_reported_at: naiveUtc(momentOf(1)),
        outage_rule: { name: 'login_nodes', affected: ['b'] },
        ...members,
      }),
      collectedAt: momentOf(1),
      failedProbes: [],
      rejectedBecause: null,
    });

  test('is left to a person, and the own one ends', () => {
    using site = watched();
    for (const sketch of [down, down]) site.see(sketch);
    const own = site.outages()[0]?.outage_key;
    reported(site, {});
    expect(kinds([...site.see(up), ...site.see(up), ...site.see(up)])).toEqual(['ends']);
    const rules = site
      .outages()
      .map(({ outage_key, status, outage_rule }) => [outage_key === own ? 'own' : 'other', status, outage_rule?.name]);
    expect(rules.sort()).toEqual([
      ['other', 'investigating', undefined],
      ['own', 'resolved', 'login_nodes'],
    ]);
  });

  test.each<[string, object]>([
    ['another component', { component: 'Filesystem b' }],
    ['another rule', { outage_rule: { name: 'filesystems', affected: ['b'] } }],
    ['another system', { system_name: 'casper' }],
    ['no other, because it is resolved', { status: 'resolved', end_time: naiveUtc(momentOf(1)) }],
  ])('keeps its rule if it is of %s', (_, members) => {
    using site = watched();
    for (const sketch of [down, down]) site.see(sketch);
    reported(site, members);
    site.detect();
    const outages = site.outages();
    expect(outages).toHaveLength(2);
    for (const { outage_rule } of outages) expect(outage_rule).toBeDefined();
  });
});

describe('the other rules', () => {
  test.each([
    [
      'a filesystem',
      { filesystems: { glade: false, work: true } },
      'Filesystem glade',
      'major',
      'unavailable: glade',
      'glade',
    ],
    [
      'the only filesystem',
      { filesystems: { glade: false } },
      'Filesystem glade',
      'major',
      'unavailable: glade',
      'glade',
    ],
    ['the hub', { available: false }, 'JupyterHub', 'major', 'JupyterHub does not answer', 'hub'],
    [
      'a tenth of the nodes',
      { down: 10 },
      'Compute nodes',
      'minor',
      '10 % of the compute nodes are down (10 of 100)',
      'nodes',
    ],
    ['a quarter of them', { down: 25 }, 'Compute nodes', 'major', '(25 of 100)', 'nodes'],
    ['half of them', { down: 50 }, 'Compute nodes', 'critical', '(50 of 100)', 'nodes'],
  ] as const)('%s', (_, sketch, component, severity, title, thing) => {
    using site = watched();
    site.see(sketch);
    expect(site.see(sketch)).toMatchObject([
      { outage: { component, severity, title: expect.stringContaining(title), outage_rule: { affected: [thing] } } },
    ]);
  });

  test('each filesystem has an outage of its own; with all of them away they are critical', () => {
    using site = watched();
    const away = { filesystems: { glade: false, work: false } };
    site.see(away);
    expect(site.see(away)).toMatchObject([
      { outage: { component: 'Filesystem glade', severity: 'critical' } },
      { outage: { component: 'Filesystem work', severity: 'critical' } },
    ]);
    const one = { filesystems: { glade: true, work: false } };
    for (let count = 0; count < 2; count++) site.see(one);
    expect(site.see(one)).toMatchObject([{ kind: 'ends', outage: { component: 'Filesystem glade' } }]);
  });

  test.each([
    ['repeated node counts', { down: 50, failed: ['nodes'] }, {}],
    ['a hub that could not be asked', { available: false, failed: ['hub'] }, {}],
    ['fewer nodes than the share', { down: 9 }, {}],
    [
      'what is switched off',
      { down: 50, ...down, available: false },
      { login_nodes: false, nodes_down: null, jupyterhub: false },
    ],
  ] as const)('not %s', (_, sketch, rules) => {
    using site = watched(rules);
    for (let count = 0; count < 3; count++) expect(site.see(sketch)).toEqual([]);
  });
});

describe('reports and maintenance by operators', () => {
  test('a detected outage that was resolved by hand is reported again only after new bad snapshots', () => {
    using site = watched();
    for (const sketch of [down, down]) site.see(sketch);
    const [outage] = site.outages();
    resolveOutage(site.outbox, String(outage?.outage_key), {}, new Date(momentOf(1).getTime() + 10_000));
    expect(site.detect()).toEqual([]);
    expect(site.see(down)).toEqual([]);
    expect(kinds(site.see(down))).toEqual(['begins']);
  });

  test('an outage that was updated by hand still ends automatically', () => {
    using site = watched();
    for (const sketch of [down, down]) site.see(sketch);
    const key = String(site.outages()[0]?.outage_key);
    updateOutage(site.outbox, key, { status: 'identified' }, new Date(momentOf(1).getTime() + 60_000));
    for (let count = 0; count < 2; count++) site.see(up);
    expect(site.see(up)).toMatchObject([{ kind: 'ends', outage: { outage_key: key } }]);
  });

  test('during maintenance no outage begins, and an open one still ends', () => {
    using site = watched();
    for (const sketch of [down, down]) site.see(sketch);
    const maintenance = { system: 'derecho', since: momentOf(2), until: momentOf(12), reason: null };
    startMaintenance(site.outbox, maintenance);
    for (let count = 0; count < 2; count++) site.see(up);
    expect(kinds(site.see(up))).toEqual(['ends']);
    for (let count = 5; count < 12; count++) expect(site.see(down)).toEqual([]);
  });

  test.each([
    ['by itself', 4, false],
    ['before its time', 40, true],
  ])('what was seen before a maintenance ended %s counts for nothing', (_, until, isEnded) => {
    using site = watched();
    const maintenance = { system: 'derecho', since: momentOf(0), until: momentOf(until), reason: null };
    startMaintenance(site.outbox, maintenance);
    for (let count = 0; count <= 4; count++) expect(site.see(down)).toEqual([]);
    if (isEnded) endMaintenance(site.outbox, 'derecho', momentOf(4.5));
    expect(site.see(down)).toEqual([]);
    expect(kinds(site.see(down))).toEqual(['begins']);
    expect(site.outages()).toMatchObject([{ start_time: momentOf(5) }]);
  });

  test('during planned maintenance nothing is reported, and its snapshots do not count later', () => {
    using site = watched();
    const eta = naiveUtc(momentOf(4));
    const planned = { title: 'Maintenance', severity: 'maintenance', start: naiveUtc(momentOf(0)), eta };
    reportOutage(site.outbox, 'Derecho', planned, momentOf(-1));
    for (let count = 0; count <= 5; count++) expect(site.see(down)).toEqual([]);
    expect(kinds(site.see(down))).toEqual(['begins']);
  });

  test('a maintenance that is planned for later, or of another system, hides nothing', () => {
    using site = watched();
    const planned = { title: 'Maintenance', severity: 'maintenance', start: naiveUtc(momentOf(50)) };
    reportOutage(site.outbox, 'derecho', planned, momentOf(-1));
    reportOutage(site.outbox, 'casper', { ...planned, start: naiveUtc(momentOf(-1)) }, momentOf(-1));
    reportOutage(site.outbox, 'derecho', { title: 'Slow', severity: 'minor' }, momentOf(-1));
    site.see(down);
    expect(kinds(site.see(down))).toEqual(['begins']);
  });

  test('a maintenance that was resolved early ends at its resolution, not at its estimate', () => {
    using site = watched();
    const planned = { title: 'M', severity: 'maintenance', start: naiveUtc(momentOf(0)), eta: naiveUtc(momentOf(40)) };
    const { outage_key } = reportOutage(site.outbox, 'derecho', planned, momentOf(-1));
    for (let count = 0; count <= 2; count++) expect(site.see(down)).toEqual([]);
    resolveOutage(site.outbox, outage_key, {}, momentOf(2.5));
    expect(site.see(down)).toEqual([]);
    expect(kinds(site.see(down))).toEqual(['begins']);
  });
});

/** Property: whatever the snapshots, openings and resolutions of a component alternate, and none is open twice. */
test('for any sequence of snapshots, and any thresholds, outages of a component begin and end in turn', () => {
  const reading = fc.constantFrom(true, false, null);
  const sketch = fc.record({ a: reading, b: reading, glade: reading });
  const thresholds = fc
    .record({
      snapshots: fc.integer({ min: 1, max: 4 }),
      bad: fc.integer({ min: 1, max: 4 }),
      good: fc.integer({ min: 1, max: 4 }),
    })
    .filter(({ snapshots, bad, good }) => bad <= snapshots && good <= snapshots && bad + good > snapshots);
  fc.assert(
    fc.property(
      thresholds,
      fc.array(fc.tuple(sketch, fc.integer({ min: 1, max: 2 })), { maxLength: 25 }),
      (rules, steps) => {
        using site = watched(rules);
        const state = new Map<string, string>();
        for (const [{ a, b, glade }, times] of steps) {
          const found = site.see({
            login: Object.fromEntries(
              Object.entries({ a, b }).filter((pair): pair is [string, boolean] => pair[1] !== null),
            ),
            filesystems: glade === null ? {} : { glade },
            failed: [...(a === null ? ['login_nodes/a'] : []), ...(glade === null ? ['filesystems/glade'] : [])],
          });
          for (let again = 1; again < times; again++) expect(site.detect()).toEqual([]);
          for (const { kind, outage } of found) {
            const component = String(outage.component);
            expect([component, state.get(component) ?? 'ends', kind]).toEqual([
              component,
              kind === 'begins' ? 'ends' : 'begins',
              kind,
            ]);
            if (kind !== 'changes') state.set(component, kind);
          }
          const open = site.outages().filter(({ status }) => status !== 'resolved');
          expect(open.map(({ component }) => String(component)).sort()).toEqual(
            [...state]
              .filter(([, kind]) => kind === 'begins')
              .map(([component]) => component)
              .sort(),
          );
          for (const { start_time, end_time } of site.outages())
            expect(end_time === undefined || end_time >= start_time).toBe(true);
        }
        expect(site.reports().length).toBe(site.bodies().length);
      },
    ),
    { numRuns: 60 },
  );
}, 60_000);
