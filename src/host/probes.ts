import type { BatchSystem } from '../config/system.ts';
import type { Ending, Executor } from '../exec/command.ts';
import { readText } from '../exec/read-text.ts';
import { onSchedulerHost } from '../exec/scheduler-host.ts';
import { Damages, type FilesystemRecord, type LoginNodeRecord, type Probed, type Unavailable } from '../lib/records.ts';
import { filesystemCommand, parseFilesystem } from './filesystem.ts';
import { loginNodeCommand, parseLoginNode } from './login-node.ts';

/** Asks one login node how it is. That the host in between is out of reach says nothing about the node. */
export async function probeLoginNode(
  system: BatchSystem,
  executor: Executor,
  node: BatchSystem['login_nodes'][number],
): Promise<Probed<LoginNodeRecord | Unavailable>> {
  const { host, via } = wayTo(system, node);
  const command = { ...onSchedulerHost(system, loginNodeCommand, 'host'), host, via };
  const result = await readText(executor, command);
  if (result.kind === 'done') {
    return done(parseLoginNode(result.text) ?? { unavailable: `${node.name} printed no load averages` });
  }
  const couldNotAsk =
    result.ending.kind === 'unreachable' && via !== null && via !== host && result.ending.host === via;
  return isAnswer(result.ending) && !couldNotAsk ? done({ unavailable: result.reason }) : result;
}

/** The host that a login node is for ssh, and the one that it is reached by; null to go there directly. */
export function wayTo(
  system: BatchSystem,
  node: BatchSystem['login_nodes'][number],
): { readonly host: string; readonly via: string | null } {
  return {
    host: node.host ?? node.name,
    via: system.login_nodes_via === 'scheduler_host' ? system.scheduler_host : null,
  };
}

/** Asks `scheduler_host` for the use of one mount. */
export async function probeFilesystem(
  system: BatchSystem,
  executor: Executor,
  path: string,
): Promise<Probed<FilesystemRecord | Unavailable>> {
  const result = await readText(executor, onSchedulerHost(system, filesystemCommand(path), 'host'));
  if (result.kind === 'failed') {
    return isAnswer(result.ending) && result.ending.kind !== 'unreachable'
      ? done({ unavailable: result.reason })
      : result;
  }
  const value = parseFilesystem(result.text, path);
  return done(typeof value === 'string' ? { unavailable: `${path} ${value}` } : value);
}

/** Whether a command that failed tells something about what was asked; one that could not be started does not. */
function isAnswer(ending: Ending): boolean {
  return ending.kind !== 'not-found' && ending.kind !== 'not-recorded' && ending.kind !== 'output-too-large';
}

function done<T>(value: T): Probed<T> {
  return { kind: 'done', value, damaged: new Damages() };
}
