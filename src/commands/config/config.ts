import { defineCommand } from 'citty';

export const configCommand = defineCommand({
  meta: { description: 'Write, show and check the configuration' },
  subCommands: {
    init: () => import('./init.ts').then((module) => module.initCommand),
    import: () => import('./import.ts').then((module) => module.importCommand),
    show: () => import('./show.ts').then((module) => module.showCommand),
    check: () => import('./check.ts').then((module) => module.checkCommand),
  },
});
