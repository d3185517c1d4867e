/** The states that a snapshot and outages give to a system and to its parts. */

import { describe, expect, test } from 'bun:test';
import { conditionsOf, resourceId } from '../../../src/server/status/conditions.ts';
import { freeIn } from '../../../src/server/status/free.ts';
import { type ReadSnapshot, readSnapshot } from '../../../src/server/status/read-snapshot.ts';
import {
  type StateWithReasons,
  type SystemState,
  stateOfSnapshot,
  takesDown,
  withOutages,
} from '../../../src/server/status/state.ts';
import type { StoredOutageRow } from '../../../src/server/store/outages.ts';
import type { Json } from '../helper.ts';
import { casperSample, leastTotals } from '../samples.ts';

/** 12 nodes, with more members. */
const batch = (members: Json = {}): ReadSnapshot => readSnapshot('s', { ...leastTotals, ...members });
const batchOf = (read: ReadSnapshot) => {
  if (read.kind !== 'batch') throw new Error('not a batch snapshot');
  return read.snapshot;
};

describe('a snapshot shows', () => {
  const login = (node_name: string, rest: Json = {}) => ({ node_name, ...rest });
  const filesystem = (filesystem_name: string, rest: Json = {}) => ({ filesystem_name, ...rest });
  const [down, slow] = [{ available: false }, { degraded: true }];

  test.each<[members: Json, state: SystemState, reasons: readonly string[]]>([
    [{}, 'up', []],
    [{ login_nodes: [login('a'), login('b')], filesystems: [filesystem('f')] }, 'up', []],
    [
      { login_nodes: [login('a', down), login('b', slow), login('c')], filesystems: [filesystem('f', slow)] },
      'degraded',
      ['Login node a is not available', 'Login node b is degraded', 'Filesystem f is degraded'],
    ],
    [
      { login_nodes: [login('a', down), login('b', down)], filesystems: [filesystem('f', down), filesystem('g')] },
      'down',
      ['No login node is available', 'Filesystem f is not available'],
    ],
    [{ cpu_nodes_down: 10, gpu_nodes_down: 1 }, 'up', []],
    [{ cpu_nodes_down: 10, gpu_nodes_down: 2 }, 'down', ['All compute nodes are down']],
    [{ cpu_nodes_down: 11, gpu_nodes_down: 2 }, 'down', ['All compute nodes are down']],
    [{ cpu_nodes_down: 10, gpu_nodes_down: 2, viz_nodes_total: 3, viz_nodes_down: 2 }, 'up', []],
    [{ cpu_nodes_total: 0, gpu_nodes_total: 0 }, 'up', []],
    [{ cpu_nodes_total: 0, gpu_nodes_total: 1, gpu_nodes_down: 1 }, 'down', ['All compute nodes are down']],
  ])('%j: %s', (members, state, reasons) => {
    expect(stateOfSnapshot(batch(members))).toEqual({ state, reasons });
  });

  test('all nodes of the guide are down', () => {
    const members = { ...casperSample, compute_nodes_total: 3, compute_nodes_down: 3 };
    expect(stateOfSnapshot(readSnapshot('casper', members)).state).toBe('down');
    expect(stateOfSnapshot(readSnapshot('casper', { ...members, compute_nodes_down: 2 })).state).toBe('up');
  });

  test('a hub that answers or not', () => {
    const of = (available: boolean) => stateOfSnapshot(readSnapshot('jupyterhub', { available }));
    expect(of(true)).toEqual({ state: 'up', reasons: [] });
    expect(of(false)).toEqual({ state: 'down', reasons: ['The hub does not answer'] });
  });

  test('the status of each of its parts', () => {
    const members = {
      login_nodes: [login('a', slow), login('b')],
      filesystems: [filesystem('f', down), filesystem('g', slow), filesystem('h')],
      queues: ['q', 'r', 's', 't', 'u', 'v'].map((queue_name) => ({ queue_name })),
      queue_definitions: [
        { queue_name: 'q', enabled: true, started: true },
        { queue_name: 'r', enabled: true, started: false },
        { queue_name: 's', enabled: false, started: false },
        { queue_name: 't', enabled: true },
        { queue_name: 'u', started: true, enabled: 'yes' },
      ],
    };
    expect(conditionsOf('derecho', batch(members))).toEqual([
      { kind: 'system', name: 'derecho', status: 'degraded' },
      { kind: 'login', name: 'login nodes', status: 'degraded' },
      { kind: 'filesystem', name: 'f', status: 'down' },
      { kind: 'filesystem', name: 'g', status: 'degraded' },
      { kind: 'filesystem', name: 'h', status: 'up' },
      { kind: 'queue', name: 'q', status: 'up' },
      { kind: 'queue', name: 'r', status: 'degraded' },
      { kind: 'queue', name: 's', status: 'down' },
      { kind: 'queue', name: 't', status: 'unknown' },
      { kind: 'queue', name: 'u', status: 'unknown' },
      { kind: 'queue', name: 'v', status: 'unknown' },
    ]);
    expect(conditionsOf('derecho', batch())).toEqual([{ kind: 'system', name: 'derecho', status: 'up' }]);
    const hub = readSnapshot('jupyterhub', { available: false });
    expect(conditionsOf('jupyterhub', hub)).toEqual([{ kind: 'hub', name: 'jupyterhub', status: 'down' }]);
  });

  test('its free cores, GPUs and nodes', () => {
    const node_types = [{ node_type: 't', nodes_total: 9, nodes_available: 7, cores_per_node: 36, gpus_per_node: 4 }];
    expect(freeIn(batchOf(batch({ viz_nodes_available: 6, node_types })))).toEqual({
      cores: 580,
      gpus: 4,
      nodes: 11,
      node_types: [{ node_type: 't', nodes: 7, cores_per_node: 36, gpus_per_node: 4 }],
    });
    expect(freeIn(batchOf(batch()))).toMatchObject({ nodes: 5, node_types: [] });
    const { node_types: _, ...guide } = casperSample;
    expect(freeIn(batchOf(readSnapshot('casper', guide)))).toEqual({
      ...{ cores: null, gpus: null, nodes: 185, node_types: [] },
    });
  });
});

test.each([
  ['system', 's', 'derecho'],
  ['hub', 'h', 'derecho'],
  ['login', 'login nodes', 'derecho.login'],
  ['filesystem', '/glade/u', 'derecho.fs.~2Fglade~2Fu'],
  ['queue', 'a-b_c.d~e\u0007é', 'derecho.queue.a-b_c.d~7Ee~07~C3~A9'],
] as const)('a %s called %p has the id of a resource', (kind, name, id) => {
  expect(resourceId('derecho', { kind, name })).toBe(id);
});

describe('outages', () => {
  const outage = (severity: string, component: string | null = null) =>
    ({ severity, component, title: `Title of ${severity}` }) as StoredOutageRow;
  const shown = (state: SystemState, ...reasons: string[]): StateWithReasons => ({ state, reasons });

  test.each([
    ['critical', null, true],
    ['maintenance', null, true],
    ['major', null, false],
    ['critical', 'GPU nodes', false],
  ])('of severity %s and component %p take a system down: %p', (severity, component, expected) => {
    expect(takesDown({ severity, component })).toBe(expected);
  });

  test.each<[what: string, before: StateWithReasons, outages: StoredOutageRow[], after: StateWithReasons]>([
    ['none changes nothing', shown('degraded', 'a'), [], shown('degraded', 'a')],
    ['a minor one degrades', shown('up'), [outage('minor')], shown('degraded', 'minor: Title of minor')],
    [
      'one of two takes down',
      shown('degraded', 'a'),
      [outage('minor'), outage('critical')],
      shown('down', 'minor: Title of minor', 'critical: Title of critical', 'a'),
    ],
    ['a minor one does not mend', shown('down', 'a'), [outage('minor')], shown('down', 'minor: Title of minor', 'a')],
    ['nor makes it known', shown('unknown', 'a'), [outage('minor')], shown('unknown', 'minor: Title of minor', 'a')],
  ])('%s', (_, before, outages, after) => expect(withOutages(before, outages)).toEqual(after));
});
