import { defineCommand } from 'citty';
import { exitCodes } from '../../lib/errors.ts';
import { complain, print } from '../../lib/output.ts';
import { readSampleSettings } from '../../sampler/settings.ts';
import { defaultConfigFile, sampleConfigArg } from './request.ts';

const checkCommand = defineCommand({
  meta: { description: 'Check the configuration of the sampler' },
  args: sampleConfigArg,
  run({ args }) {
    const file = args.config ?? defaultConfigFile;
    const { samplers, outputs, withoutEffect } = readSampleSettings(file);
    for (const sentence of withoutEffect) complain(`Warning: ${sentence}\n`);
    print(`${file} is valid: ${samplers.join(', ') || 'no sampler'}; ${outputs.join(', ') || 'no output'}\n`);
    return exitCodes.done;
  },
});

export const configCommand = defineCommand({
  meta: { description: 'The configuration of the sampler' },
  subCommands: { check: checkCommand },
});
