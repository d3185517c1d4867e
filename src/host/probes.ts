import type { BatchSystem } from '../config/system.ts';
import { describeCommand, type Ending, type Executor } from '../exec/command.ts';
import { readLines, type TextResult } from '../exec/read-text.ts';
import { onSchedulerHost } from '../exec/scheduler-host.ts';
import { isSilence } from '../exec/ssh-ending.ts';
import {
  Damages,
  type FilesystemRecord,
  type LoginNodeRecord,
  type Probed,
  type UnavailablePart,
} from '../lib/records.ts';
import { filesystemCommand, parseFilesystem, saysNoAnswer, saysNoPath } from './filesystem.ts';
import { earlierLoginNodeCommand, loginNodeCommand, parseLoginNode } from './login-node.ts';

/**
 * Asks one login node for its load and sessions. The node is unavailable only if it does not answer. The probe fails, and
 * the node is not unavailable, if the intermediate host does not answer or if the node refuses our login.
 */
export async function probeLoginNode(
  system: BatchSystem,
  executor: Executor,
  node: BatchSystem['login_nodes'][number],
): Promise<Probed<LoginNodeRecord | UnavailablePart>> {
  const { host, via } = wayTo(system, node);
  const command = { ...onSchedulerHost(system, loginNodeCommand, 'host'), host, via };
  const answer = await readLines(executor, command);
  const result = wasNotRecorded(answer)
    ? await readLines(executor, { ...command, argv: earlierLoginNodeCommand })
    : answer;
  if (result.kind === 'failed') {
    return doesNotAnswer(result.ending, host) ? done({ unavailable: result.reason }) : result;
  }
  const found = parseLoginNode(result.text);
  return found === null ? { kind: 'failed', reason: `${node.name} printed no load averages` } : done(found);
}

/** True if a command is missing in a replayed recording. Recordings of earlier versions have another command. */
function wasNotRecorded(result: TextResult): boolean {
  return result.kind === 'failed' && result.ending.kind === 'not-recorded';
}

/** True if a host itself did not answer: it could not be reached, or the command there hangs. */
function doesNotAnswer(ending: Ending, host: string): boolean {
  if (ending.kind === 'timed-out') return true;
  return ending.kind === 'unreachable' && ending.host === host && isSilence(ending.reason);
}

/** Returns the host name of a login node for ssh, and the intermediate host; null to connect directly. */
export function wayTo(
  system: BatchSystem,
  node: BatchSystem['login_nodes'][number],
): { readonly host: string; readonly via: string | null } {
  return {
    host: node.host ?? node.name,
    via: system.login_nodes_via === 'scheduler_host' ? system.scheduler_host : null,
  };
}

/** The outcome of a probe of one mount; `isMissing` if the path does not exist. */
export type FilesystemProbed = Probed<FilesystemRecord | UnavailablePart> & { readonly isMissing?: true };

/**
 * Asks `scheduler_host` for the usage of one mount. The mount is unavailable if it hangs, does not answer or is not
 * mounted. The probe failed if the path does not exist or if we have no permission for it: our set-up is wrong then.
 */
export async function probeFilesystem(
  system: BatchSystem,
  executor: Executor,
  path: string,
): Promise<FilesystemProbed> {
  const command = onSchedulerHost(system, filesystemCommand(path), 'host');
  const result = await readLines(executor, command);
  if (result.kind === 'failed') {
    const { ending, reason } = result;
    if (ending.kind === 'timed-out') return done({ unavailable: reason });
    if (ending.kind !== 'exited') return result;
    if (saysNoAnswer(ending.stderr)) return done({ unavailable: reason });
    return saysNoPath(ending.stderr) ? { ...result, isMissing: true } : result;
  }
  const found = parseFilesystem(result.text, path);
  if (found === null) return { kind: 'failed', reason: `${describeCommand(command)} printed no sizes` };
  return done(found === 'not mounted' ? { unavailable: `${path} is not mounted` } : found);
}

function done<T>(value: T): Probed<T> {
  return { kind: 'done', value, damaged: new Damages() };
}
