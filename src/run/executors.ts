import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { ClusterSettings } from '../config/jobs.ts';
import type { System } from '../config/system.ts';
import type { Executor } from '../exec/command.ts';
import { createExecutor, type ExecutorOptions } from '../exec/executor.ts';
import { withHttp } from '../exec/http.ts';
import { type Recorder, recordInto } from '../exec/record.ts';
import { replayFrom } from '../exec/replay.ts';
import { defaultSearchDirectories } from '../exec/search-path.ts';
import { OperatorError } from '../lib/errors.ts';

/** The source of command output: real commands, real commands that are recorded into `record`, or the recording `replay`. */
export type Source = { readonly record: string | null; readonly replay: string | null };

export const forReal: Source = { record: null, replay: null };

/** Starts the commands of a system. `finish` completes the recording after them, and returns the error, or null. */
export type SystemExecutor = { readonly executor: Executor; finish(): Promise<OperatorError | null> };

const nothingToFinish = async () => null;

/**
 * Returns the executor of one system of a run. If several systems are recorded, each has a subdirectory of its name; a single
 * system has the directory itself.
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

/** Adds HTTP to the executor of a hub; other systems only start programs. */
function speaking(system: System, executor: Executor): Executor {
  if (system.kind !== 'hub') return executor;
  const { token, ca, proxy } = system;
  return withHttp(executor, { authorization: `token ${token}`, secret: token, ca, proxy });
}

/** Returns the executor of commands on this host that belong to no system. */
export function localExecutor(): Executor {
  return createExecutor(localOptions());
}

/** Returns the executor for the job history of a cluster. */
export function historyExecutor({ search_path, ssh_config, environment }: ClusterSettings): Executor {
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
