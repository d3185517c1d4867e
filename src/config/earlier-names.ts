import { ConfigError } from './problem.ts';
import { problemAt } from './settings.ts';
import type { YamlFile } from './yaml.ts';

/**
 * A cluster's file in which `scheduler_host` has its name, whichever it has there: while PBS was the only scheduler it was
 * `pbs_host`. So files merge whatever name each uses; a place is still where the file has it. Throws ConfigError where a
 * file gives both and they differ.
 */
export function withTodaysNames(file: YamlFile): YamlFile {
  const { pbs_host: earlier, ...settings } = file.value;
  const isEarlier = earlier !== undefined && settings.scheduler_host === undefined;
  if (earlier !== undefined && !isEarlier && settings.scheduler_host !== earlier) {
    throw new ConfigError([
      problemAt([file], ['pbs_host'], 'is the earlier name of scheduler_host, and differs from it'),
    ]);
  }
  return {
    ...file,
    value: {
      ...settings,
      ...(isEarlier ? { scheduler_host: earlier } : {}),
      ...(settings.login_nodes_via === 'pbs_host' ? { login_nodes_via: 'scheduler_host' } : {}),
    },
    placeOf: (path, what) =>
      file.placeOf(isEarlier && path[0] === 'scheduler_host' ? ['pbs_host', ...path.slice(1)] : path, what),
  };
}
