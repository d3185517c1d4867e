import { collectCommand } from '../../src/commands/collect.ts';
import { completionCommand } from '../../src/commands/completion/completion.ts';
import { configCommand } from '../../src/commands/config/config.ts';
import { demoCommand } from '../../src/commands/demo/demo.ts';
import { doctorCommand } from '../../src/commands/doctor.ts';
import { drainCommand } from '../../src/commands/drain.ts';
import { healthCommand } from '../../src/commands/health.ts';
import { installCommand } from '../../src/commands/install/install.ts';
import { jobsCommand } from '../../src/commands/jobs/jobs.ts';
import { maintenanceCommand } from '../../src/commands/maintenance/maintenance.ts';
import { outageCommand } from '../../src/commands/outage/outage.ts';
import { outboxCommand } from '../../src/commands/outbox/outbox.ts';
import { runCommand } from '../../src/commands/run.ts';
import { sampleCommand } from '../../src/commands/sample/sample.ts';
import { serveCommand } from '../../src/commands/serve/serve.ts';
import { type CommandDefinition, type CommandNode, commandTree } from '../../src/commands/tree.ts';

/** The commands of the program; `src/main.ts` runs when it is imported. */
export const program: CommandDefinition = {
  subCommands: {
    run: runCommand,
    collect: collectCommand,
    drain: drainCommand,
    config: configCommand,
    doctor: doctorCommand,
    serve: serveCommand,
    demo: demoCommand,
    install: installCommand,
    completion: completionCommand({}),
    health: healthCommand,
    maintenance: maintenanceCommand,
    jobs: jobsCommand,
    sample: sampleCommand,
    outage: outageCommand,
    outbox: outboxCommand,
  },
};

/** Returns every command below the program itself, each followed by its subcommands. */
export async function everyCommand(): Promise<readonly CommandNode[]> {
  const { children } = await commandTree(program);
  return children.flatMap(withChildren);
}

function withChildren(node: CommandNode): CommandNode[] {
  return [node, ...node.children.flatMap(withChildren)];
}
