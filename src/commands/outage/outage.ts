import { defineCommand } from 'citty';

export const outageCommand = defineCommand({
  meta: {
    description: 'Report, update, resolve, detect and list outages',
  },
  subCommands: {
    report: () => import('./report.ts').then((module) => module.reportCommand),
    update: () => import('./update.ts').then((module) => module.updateCommand),
    resolve: () => import('./resolve.ts').then((module) => module.resolveCommand),
    ls: () => import('./ls.ts').then((module) => module.lsCommand),
    detect: () => import('./detect.ts').then((module) => module.detectCommand),
  },
});
