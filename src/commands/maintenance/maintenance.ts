import { defineCommand } from 'citty';

export const maintenanceCommand = defineCommand({
  meta: { name: 'maintenance', description: 'Say that a system is down on purpose: nobody is told of it' },
  subCommands: {
    start: () => import('./start.ts').then((module) => module.startCommand),
    end: () => import('./end.ts').then((module) => module.endCommand),
    ls: () => import('./ls.ts').then((module) => module.lsCommand),
  },
});
