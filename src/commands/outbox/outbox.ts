import { defineCommand } from 'citty';

export const outboxCommand = defineCommand({
  meta: { name: 'outbox', description: 'See and steer what is to be delivered' },
  subCommands: {
    ls: () => import('./ls.ts').then((module) => module.lsCommand),
    show: () => import('./show.ts').then((module) => module.showCommand),
    recover: () => import('./recover.ts').then((module) => module.recoverCommand),
    retry: () => import('./retry.ts').then((module) => module.retryCommand),
  },
});
