import { defineCommand } from 'citty';

export const jobsCommand = defineCommand({
  meta: { description: 'Send the history of finished jobs' },
  subCommands: {
    export: () => import('./export.ts').then((module) => module.exportCommand),
  },
});
