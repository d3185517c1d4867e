import type { BatchSystem } from '../config/system.ts';
import { describeCommand, type Ending, type Executor } from '../exec/command.ts';
import { readLines, type TextResult } from '../exec/read-text.ts';
import { onSchedulerHost } from '../exec/scheduler-host.ts';
import { isSilence } from '../exec/ssh-ending.ts';
import { Damages, type FilesystemRecord, type LoginNodeRecord, type Probed, type Unavailable } from '../lib/records.ts';
import { filesystemCommand, parseFilesystem, saysNoAnswer, saysNoPath } from './filesystem.ts';
import { earlierLoginNodeCommand, loginNodeCommand, parseLoginNode } from './login-node.ts';

/**
 * Asks one login node how it is. It is unavailable only if it does not answer; that the host in between does not answer, or
 * that the node refuses our login, says nothing about the node.
 */
export async function probeLoginNode(
  system: BatchSystem,
  executor: Executor,
  node: BatchSystem['login_nodes'][number],
): Promise<Probed<LoginNodeRecord | Unavailable>> {
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

/** Whether a recording of an earlier version is replayed, which has another command. */
function wasNotRecorded(result: TextResult): boolean {
  return result.kind === 'failed' && result.ending.kind === 'not-recorded';
}

/** Whether a host itself gave no answer: it could not be reached, or what was asked there hangs. */
function doesNotAnswer(ending: Ending, host: string): boolean {
  if (ending.kind === 'timed-out') return true;
  return ending.kind === 'unreachable' && ending.host === host && isSilence(ending.reason);
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

/** What came of a question for a mount; `isMissing` if there is no such path. */
export type FilesystemProbed = Probed<FilesystemRecord | Unavailable> & { readonly isMissing?: true };

/**
 * Asks `scheduler_host` for the use of one mount. It is unavailable if it hangs, does not answer or is not mounted. A path
 * that does not exist, or that we may not look at, is our own trouble: the probe failed.
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
