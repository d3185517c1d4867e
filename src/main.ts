import type { CommandDef } from 'citty';
import { runCommandLine } from './commands/command-line.ts';
import { commonArgs } from './commands/common.ts';
import { compileLess } from './lib/compile-less.ts';
import { isHanging } from './lib/hanging.ts';

// Import each command only when it runs: cron starts this program often and needs only a part of it.
const root: CommandDef = {
  meta: {
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
    run: () => {
      compileLess();
      return import('./commands/run.ts').then((module) => module.runCommand);
    },
    collect: () => {
      compileLess();
      return import('./commands/collect.ts').then((module) => module.collectCommand);
    },
    drain: () => import('./commands/drain.ts').then((module) => module.drainCommand),
    config: () => import('./commands/config/config.ts').then((module) => module.configCommand),
    doctor: () => import('./commands/doctor.ts').then((module) => module.doctorCommand),
    serve: () => import('./commands/serve/serve.ts').then((module) => module.serveCommand),
    demo: () => import('./commands/demo/demo.ts').then((module) => module.demoCommand),
    install: () => import('./commands/install/install.ts').then((module) => module.installCommand),
    completion: () => import('./commands/completion/completion.ts').then((module) => module.completionCommand(root)),
    health: () => {
      compileLess();
      return import('./commands/health.ts').then((module) => module.healthCommand);
    },
    maintenance: () => import('./commands/maintenance/maintenance.ts').then((module) => module.maintenanceCommand),
    jobs: () => import('./commands/jobs/jobs.ts').then((module) => module.jobsCommand),
    sample: () => import('./commands/sample/sample.ts').then((module) => module.sampleCommand),
    outage: () => import('./commands/outage/outage.ts').then((module) => module.outageCommand),
    outbox: () => import('./commands/outbox/outbox.ts').then((module) => module.outboxCommand),
  },
};

// Do not call process.exit: it would cut off output that a slow reader has not read yet.
process.exitCode = await runCommandLine(root, process.argv.slice(2));
// A directory that does not answer would keep the process alive, and every cron run would add a process.
if (isHanging()) process.exit();
