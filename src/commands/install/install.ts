import { defineCommand } from 'citty';

export const installCommand = defineCommand({
  meta: { name: 'install', description: 'Have it run every five minutes, and its log rotated, on this host' },
  subCommands: {
    cron: () => import('./cron.ts').then((module) => module.cronCommand),
    systemd: () => import('./systemd.ts').then((module) => module.systemdCommand),
    logrotate: () => import('./logrotate.ts').then((module) => module.logrotateCommand),
  },
});
