import { defineCommand } from 'citty';

export const jobsCommand = defineCommand({
  meta: { name: 'jobs', description: 'The history of finished Slurm jobs' },
  subCommands: {
    export: () => import('./export.ts').then((module) => module.exportCommand),
  },
});
