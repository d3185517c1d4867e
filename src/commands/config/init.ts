import { join } from 'node:path';
import { defineCommand } from 'citty';
import { initialise, newSchedulers, variablesToSet } from '../../config/init.ts';
import { defaultConfigDirectory } from '../../config/paths.ts';
import { presetNames } from '../../config/presets.ts';
import { exitCodes } from '../../lib/errors.ts';
import { commonArgs } from '../common.ts';
import { printLines } from '../output.ts';

export const initCommand = defineCommand({
  meta: { description: 'Write a configuration to start from; overwrite nothing' },
  args: {
    ...commonArgs,
    'system…': {
      type: 'positional',
      required: false,
      description: 'Systems to enable (default: all built-in clusters)',
    },
    scheduler: {
      type: 'enum',
      options: newSchedulers,
      description: 'Write a template for new systems of this scheduler',
    },
    preset: {
      type: 'enum',
      options: [...presetNames],
      default: 'original',
      description: 'Built-in settings of Derecho and Casper to use',
    },
  },
  async run({ args }) {
    const directory = args.config ?? defaultConfigDirectory(process.env);
    const files = initialise(directory, args._, args.scheduler ?? null, args.preset);
    const own = args.config === undefined ? '' : ` --config ${args.config}`;
    const newFiles = args._.map((name) => join(directory, `${name}.yaml`));
    const filling = args.scheduler === undefined ? '' : `fill in ${newFiles.join(' and ')}, `;
    const variables = variablesToSet(args._).join(' and ');
    printLines([
      ...files.map(({ file, isNew }) => (isNew ? `wrote     ${file}` : `unchanged ${file}`)),
      '',
      `Next: ${filling}set ${variables} in ${directory}/env, then: hpc-collector doctor${own}`,
    ]);
    return exitCodes.done;
  },
});
