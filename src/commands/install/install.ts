import { defineCommand } from 'citty';

export const installCommand = defineCommand({
  meta: { description: 'Schedule runs and log rotation on this host' },
  subCommands: {
    cron: () => import('./cron.ts').then((module) => module.cronCommand),
    systemd: () => import('./systemd.ts').then((module) => module.systemdCommand),
    logrotate: () => import('./logrotate.ts').then((module) => module.logrotateCommand),
  },
});
