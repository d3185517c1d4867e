import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { JobsSettings } from '../config/jobs.ts';
import type { System } from '../config/system.ts';
import type { Executor } from '../exec/command.ts';
import { createExecutor, type ExecutorOptions } from '../exec/executor.ts';
import { withHttp } from '../exec/http.ts';
import { type Recorder, recordInto } from '../exec/record.ts';
import { replayFrom } from '../exec/replay.ts';
import { defaultSearchDirectories } from '../exec/search-path.ts';
import { OperatorError } from '../lib/errors.ts';

/** Where commands are answered from: for real, for real and recorded, or from a recording. */
export type Source = { readonly record: string | null; readonly replay: string | null };

export const forReal: Source = { record: null, replay: null };

/** What starts a system's commands. `finish` completes the recording after them; it returns why that failed, or null. */
export type SystemExecutor = { readonly executor: Executor; finish(): Promise<OperatorError | null> };

const nothingToFinish = async () => null;

/**
 * The executor of one system of a run. Of several systems each has a folder of its own name in the recording; one alone
 * has the folder itself.
 */
export function executorFor(system: System, source: Source, isAlone: boolean): SystemExecutor {
  if (source.replay !== null) return { executor: replayFrom(folderOf(source.replay, system)), finish: nothingToFinish };
  const executor = speaking(
    system,
    createExecutor({
      ...localOptions(),
      connectTimeoutSeconds: system.timeouts.connect,
      searchPath: system.search_path ?? defaultSearchDirectories,
      ...(system.ssh_config === undefined ? {} : { configFile: system.ssh_config }),
      variables: withoutUnset(system.environment),
    }),
  );
  if (source.record === null) return { executor, finish: nothingToFinish };
  const recorder = recordInto(isAlone ? source.record : join(source.record, system.system_name), executor);
  return { executor: recorder, finish: () => problemOf(recorder) };
}

async function problemOf(recorder: Recorder): Promise<OperatorError | null> {
  try {
    await recorder.finish();
    return null;
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
}

/** What a system's executor must be able to do beside starting programs. */
function speaking(system: System, executor: Executor): Executor {
  if (system.kind !== 'hub') return executor;
  const { token, ca, proxy } = system;
  return withHttp(executor, { authorization: `token ${token}`, secret: token, ca, proxy });
}

/** The executor of what belongs to no system, and runs on this host. */
export function localExecutor(): Executor {
  return createExecutor(localOptions());
}

/** The executor of a cluster's job history. */
export function historyExecutor({ search_path, ssh_config, environment }: JobsSettings): Executor {
  return createExecutor({
    ...localOptions(),
    ...(search_path === undefined ? {} : { searchPath: search_path }),
    ...(ssh_config === undefined ? {} : { configFile: ssh_config }),
    variables: withoutUnset(environment),
  });
}

function withoutUnset(variables: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
}

function localOptions(): ExecutorOptions {
  return {
    environment: process.env,
    connectTimeoutSeconds: 10,
    searchPath: defaultSearchDirectories,
    hostName: hostname(),
  };
}

function folderOf(recording: string, system: System): string {
  const own = join(recording, system.system_name);
  return existsSync(own) ? own : recording;
}
