import type { ReadSnapshot } from './read-snapshot.ts';
import { type SystemState, stateOfSnapshot } from './state.ts';

/** The kinds of resources that have a status. `login` is the login nodes of a system together. */
export const resourceKinds = ['system', 'hub', 'login', 'filesystem', 'queue'] as const;
export type ResourceKind = (typeof resourceKinds)[number];

/** The status of one resource in a snapshot. The name is unique among the resources of a kind and system. */
export type StateCondition = { readonly kind: ResourceKind; readonly name: string; readonly status: SystemState };

/**
 * Returns the status of each resource in a snapshot. Lists that were not measured are empty, so their resources are
 * absent.
 */
export function conditionsOf(system: string, read: ReadSnapshot): readonly StateCondition[] {
  const { state } = stateOfSnapshot(read);
  if (read.kind === 'hub') return [{ kind: 'hub', name: system, status: state }];
  const { login_nodes: logins, filesystems, queues, queue_definitions: definitions } = read.snapshot;
  const definitionOf = new Map((definitions ?? []).map((entry) => [entry.queue_name, entry]));
  const found: StateCondition[] = [{ kind: 'system', name: system, status: state }];
  if (logins.length > 0) found.push({ kind: 'login', name: 'login nodes', status: together(logins.map(statusOf)) });
  for (const entry of filesystems) {
    found.push({ kind: 'filesystem', name: entry.filesystem_name, status: statusOf(entry) });
  }
  for (const { queue_name: name } of queues) {
    found.push({ kind: 'queue', name, status: queueStatus(definitionOf.get(name)) });
  }
  return found;
}

/** Returns the id of a resource, which needs no escapes in a URL: `derecho`, `derecho.login`, `derecho.fs.scratch`. */
export function resourceId(system: string, { kind, name }: Pick<StateCondition, 'kind' | 'name'>): string {
  if (kind === 'system' || kind === 'hub') return system;
  if (kind === 'login') return `${system}.login`;
  // Not %2F for a slash: some proxies decode or refuse it.
  const escaped = [...new TextEncoder().encode(name)].map((byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9_.-]/.test(character) ? character : `~${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  });
  return `${system}.${kind === 'filesystem' ? 'fs' : 'queue'}.${escaped.join('')}`;
}

function statusOf({ available, degraded }: { readonly available: boolean; readonly degraded: boolean }): SystemState {
  if (!available) return 'down';
  return degraded ? 'degraded' : 'up';
}

/** One that works is enough for a group to be degraded and not down. */
function together(all: readonly SystemState[]): SystemState {
  if (all.every((status) => status === 'down')) return 'down';
  return all.every((status) => status === 'up') ? 'up' : 'degraded';
}

/** A queue that takes jobs or starts them, but not both, is degraded. Without a definition its state is not known. */
function queueStatus(definition: Readonly<Record<string, unknown>> | undefined): SystemState {
  const { enabled, started } = definition ?? {};
  if (typeof enabled !== 'boolean' || typeof started !== 'boolean') return 'unknown';
  if (enabled && started) return 'up';
  return enabled || started ? 'degraded' : 'down';
}
