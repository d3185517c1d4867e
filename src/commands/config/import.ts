import { defineCommand } from 'citty';
import { importExporterConfig } from '../../config/import.ts';
import { defaultConfigDirectory } from '../../config/paths.ts';
import { exitCodes } from '../../lib/errors.ts';
import { hostTimeZone } from '../../lib/time.ts';
import { commonArgs } from '../common.ts';
import { printLines } from '../output.ts';

export const importCommand = defineCommand({
  meta: {
    description: 'Import the settings of slurm-usage-history-exporter',
  },
  args: {
    ...commonArgs,
    file: { type: 'positional', required: true, description: 'Its config.json' },
  },
  async run({ args }) {
    const directory = args.config ?? defaultConfigDirectory(process.env);
    const { written, unused } = importExporterConfig(args.file, directory, hostTimeZone());
    const own = args.config === undefined ? '' : ` --config ${args.config}`;
    printLines([
      ...written.flatMap(({ file, settings }) => settings.map((setting) => `${file}: ${setting}`)),
      ...(written.length === 0 ? ['All settings are configured already'] : []),
      ...unused.map((name) => `not needed: ${name}`),
      '',
      `Next: hpc-collector jobs export --dry-run${own}`,
    ]);
    return exitCodes.done;
  },
});
