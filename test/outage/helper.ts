import type { OutageRules } from '../../src/config/outage-rules.ts';
import type { System } from '../../src/config/system.ts';
import { type Detected, detectOutages } from '../../src/outage/detect.ts';
import { listOutages } from '../../src/outage/outage-table.ts';
import type { KnownOutage } from '../../src/outage/row.ts';
import type { Outbox } from '../../src/outbox/outbox.ts';
import { newOutbox } from '../outbox/queue.ts';
import { addEntry } from '../support/add-entry.ts';
import { systemOf } from '../support/systems.ts';

/** What a test says of a snapshot: which login nodes and filesystems are available, and so on. */
export type Sketch = {
  readonly login?: Readonly<Record<string, boolean>>;
  readonly filesystems?: Readonly<Record<string, boolean>>;
  readonly down?: number;
  readonly available?: boolean;
  readonly failed?: readonly string[];
};

const start = Date.UTC(2026, 2, 1, 10);

/** The moment of the n-th snapshot: one every five minutes. */
export const momentOf = (n: number) => new Date(start + n * 300_000);

/** A system with an outbox that collects sketches, one every five minutes, and detects outages after each. */
export function watched(rules: Partial<OutageRules> = {}, deliverTo: readonly string[] = ['sam']) {
  const { outbox, remove } = newOutbox();
  const system: System = {
    ...systemOf('derecho', { detect_outages: true, outage_rules: rules }),
    deliver_to: deliverTo,
  };
  let taken = 0;
  return {
    outbox,
    system,
    /** Stores a snapshot; gives what is detected after it. */
    see(sketch: Sketch): Detected[] {
      store(outbox, momentOf(taken), sketch);
      taken += 1;
      return this.detect();
    },
    /** Detects, 30 seconds after the last snapshot. */
    detect: () => detectOutages(outbox, system, new Date(momentOf(taken - 1).getTime() + 30_000)),
    skip(snapshots: number) {
      taken += snapshots;
    },
    outages: (): KnownOutage[] => listOutages(outbox, true),
    reports: () => outbox.list('all').filter(({ stream }) => stream === 'sam/outage'),
    bodies: () =>
      outbox
        .list('all')
        .filter(({ stream }) => stream === 'sam/outage')
        .map((entry) => JSON.parse(outbox.body(entry)) as Record<string, unknown>),
    [Symbol.dispose]: remove,
  };
}

function store(outbox: Outbox, at: Date, { login = {}, filesystems = {}, down = 0, available, failed = [] }: Sketch) {
  const body = {
    cpu_nodes_total: 100,
    cpu_nodes_down: down,
    login_nodes: Object.entries(login).map(([node_name, isUp]) => ({ node_name, available: isUp })),
    filesystems: Object.entries(filesystems).map(([filesystem_name, isUp]) => ({ filesystem_name, available: isUp })),
    ...(available === undefined ? {} : { available }),
  };
  addEntry(outbox, {
    stream: 'sam/derecho',
    destination: 'sam',
    method: 'POST',
    path: '/api/v1/status/derecho',
    body: JSON.stringify(body),
    collectedAt: at,
    failedProbes: failed,
    rejectedBecause: null,
  });
}
