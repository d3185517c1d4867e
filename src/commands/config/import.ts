import { defineCommand } from 'citty';
import { importExporterConfig } from '../../config/import.ts';
import { defaultConfigDirectory } from '../../config/paths.ts';
import { exitCodes } from '../../lib/errors.ts';
import { hostTimeZone } from '../../lib/time.ts';
import { commonArgs } from '../common.ts';
import { printLines } from '../output.ts';

export const importCommand = defineCommand({
  meta: {
    name: 'import',
    description: 'Take in the config.json of slurm-usage-history-exporter: where finished jobs are sent, and the key',
  },
  args: {
    ...commonArgs,
    file: { type: 'positional', required: true, description: 'The config.json' },
  },
  async run({ args }) {
    const directory = args.config ?? defaultConfigDirectory(process.env);
    const { written, unused } = importExporterConfig(args.file, directory, hostTimeZone());
    const own = args.config === undefined ? '' : ` --config ${args.config}`;
    printLines([
      ...written.flatMap(({ file, settings }) => settings.map((setting) => `${file}: ${setting}`)),
      ...(written.length === 0 ? ['All of it is configured already'] : []),
      ...unused.map((name) => `not needed: ${name}`),
      '',
      `Next: hpc-collector jobs export --dry-run${own}`,
    ]);
    return exitCodes.done;
  },
});
