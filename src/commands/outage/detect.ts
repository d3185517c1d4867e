import { join } from 'node:path';
import { defineCommand } from 'citty';
import type { System } from '../../config/system.ts';
import { type ExitCode, exitCodes, OperatorError } from '../../lib/errors.ts';
import { sentenceOf } from '../../outage/describe.ts';
import { detectOutages, findOutages } from '../../outage/detect.ts';
import { openToWrite } from '../../outbox/open.ts';
import { worst } from '../../run/collecting.ts';
import { type Context, chosenSystems, logged, openContext } from '../../run/context.ts';
import { makeRoom } from '../../run/make-room.ts';
import { commonArgs } from '../common.ts';
import { outboxIfAny } from '../outbox/open.ts';
import { printLines } from '../output.ts';

export const detectCommand = defineCommand({
  meta: {
    description: 'Detect outages from the last snapshots and report them',
  },
  args: {
    ...commonArgs,
    'system…': { type: 'positional', required: true, description: 'Systems to check' },
    'dry-run': {
      type: 'boolean',
      description: 'Print what would be reported; report nothing',
    },
  },
  async run({ args }) {
    const context = openContext(args);
    const { systems, failures } = chosenSystems(args._, context, 'as named');
    if (args['dry-run']) {
      const outbox = outboxIfAny(args);
      const found = systems.flatMap((system) => (outbox ? findOutages(outbox, system, new Date()) : []));
      outbox?.close();
      printLines(found.map((one) => `[DRY RUN] ${one.outage.system_name}: ${sentenceOf(one)}`));
      return worst(failures);
    }
    return worst([...failures, await logged(context.log, async () => detect(systems, context))]);
  },
});

function detect(systems: readonly System[], context: Context): ExitCode {
  for (const { detect_outages, system_name } of systems) {
    if (detect_outages) continue;
    throw new OperatorError(
      `outages of ${system_name} are not detected unless ${join(context.config.directory, `${system_name}.yaml`)} has detect_outages: true; see what would be reported with: hpc-collector outage detect ${system_name} --dry-run`,
    );
  }
  const outbox = openToWrite(context.outbox, 'free');
  try {
    for (const system of systems) {
      const log = context.log.withTag(system.system_name);
      const detected = outbox.run((current) => {
        makeRoom(current, context.config, log);
        return detectOutages(current, system, new Date());
      });
      for (const one of detected) log.warn(sentenceOf(one));
    }
    return exitCodes.done;
  } finally {
    outbox.close();
  }
}
