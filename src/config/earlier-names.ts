import { ConfigError } from './problem.ts';
import { problemAt } from './settings.ts';
import type { YamlFile } from './yaml.ts';

/**
 * Renames the setting `pbs_host` of an older file to `scheduler_host`, so that files merge whichever name they use.
 * Places still point to the file. Throws ConfigError if a file sets both to different values.
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
