import type { CommandDef } from 'citty';
import { runCommandLine } from './commands/command-line.ts';
import { commonArgs } from './commands/common.ts';
import { isHanging } from './lib/hanging.ts';

// Each command is imported when it is run: cron starts this program often, and most of it is not needed then.
const root: CommandDef = {
  meta: {
    name: 'hpc-collector',
    description: 'Collect the status of HPC systems and deliver it reliably',
  },
  args: {
    ...commonArgs,
    version: {
      type: 'boolean',
      alias: 'V',
      description: 'Print the version (with --json: everything about the build)',
    },
  },
  subCommands: {
    run: () => import('./commands/run.ts').then((module) => module.runCommand),
    collect: () => import('./commands/collect.ts').then((module) => module.collectCommand),
    drain: () => import('./commands/drain.ts').then((module) => module.drainCommand),
    config: () => import('./commands/config/config.ts').then((module) => module.configCommand),
    doctor: () => import('./commands/doctor.ts').then((module) => module.doctorCommand),
    serve: () => import('./commands/serve/serve.ts').then((module) => module.serveCommand),
    demo: () => import('./commands/demo/demo.ts').then((module) => module.demoCommand),
    install: () => import('./commands/install/install.ts').then((module) => module.installCommand),
    completion: () => import('./commands/completion/completion.ts').then((module) => module.completionCommand(root)),
    health: () => import('./commands/health.ts').then((module) => module.healthCommand),
    maintenance: () => import('./commands/maintenance/maintenance.ts').then((module) => module.maintenanceCommand),
    jobs: () => import('./commands/jobs/jobs.ts').then((module) => module.jobsCommand),
    outage: () => import('./commands/outage/outage.ts').then((module) => module.outageCommand),
    outbox: () => import('./commands/outbox/outbox.ts').then((module) => module.outboxCommand),
  },
};

// Not process.exit: it would cut off what a slow reader has not taken from standard output yet.
process.exitCode = await runCommandLine(root, process.argv.slice(2));
// A directory that does not answer would keep the process alive, and every run of cron would add one.
if (isHanging()) process.exit();
