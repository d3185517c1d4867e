import { defineCommand } from 'citty';
import { sampleArgs, sampleRequest } from './request.ts';

export const sampleCommand = defineCommand({
  meta: { description: 'Measure the processes of one job on its compute node' },
  args: sampleArgs,
  subCommands: {
    config: () => import('./config.ts').then((module) => module.configCommand),
    report: () => import('./report.ts').then((module) => module.reportCommand),
  },
  async run({ args }) {
    const { sample } = await import('../../run/sampling.ts');
    return sample(sampleRequest(args));
  },
});
