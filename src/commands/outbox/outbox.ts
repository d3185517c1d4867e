import { defineCommand } from 'citty';

export const outboxCommand = defineCommand({
  meta: { description: 'Show and change the entries of the outbox' },
  subCommands: {
    ls: () => import('./ls.ts').then((module) => module.lsCommand),
    show: () => import('./show.ts').then((module) => module.showCommand),
    stats: () => import('./stats.ts').then((module) => module.statsCommand),
    recover: () => import('./recover.ts').then((module) => module.recoverCommand),
    retry: () => import('./retry.ts').then((module) => module.retryCommand),
    hold: () => import('./hold.ts').then((module) => module.holdCommand),
    release: () => import('./release.ts').then((module) => module.releaseCommand),
    drop: () => import('./drop.ts').then((module) => module.dropCommand),
    export: () => import('./export.ts').then((module) => module.exportCommand),
    import: () => import('./import.ts').then((module) => module.importCommand),
    prune: () => import('./prune.ts').then((module) => module.pruneCommand),
    adopt: () => import('./adopt.ts').then((module) => module.adoptCommand),
  },
});
