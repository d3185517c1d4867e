import { defineCommand } from 'citty';

export const maintenanceCommand = defineCommand({
  meta: { description: 'Suppress messages about a system during planned downtime' },
  subCommands: {
    start: () => import('./start.ts').then((module) => module.startCommand),
    end: () => import('./end.ts').then((module) => module.endCommand),
    ls: () => import('./ls.ts').then((module) => module.lsCommand),
  },
});
