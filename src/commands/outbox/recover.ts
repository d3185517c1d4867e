import { defineCommand } from 'citty';
import { exitCodes, OperatorError } from '../../lib/errors.ts';
import { print } from '../../lib/output.ts';
import { counted, printable } from '../../lib/text.ts';
import { fileExists } from '../../outbox/files.ts';
import { checkNamed, openForRepair } from '../../outbox/open.ts';
import { acknowledgeDamage, type Damage, unacknowledgedDamage } from '../../outbox/recovery/past-damage.ts';
import { recoverFrom } from '../../outbox/recovery/recover-from.ts';
import { openContext } from '../../run/context.ts';
import { commonArgs } from '../common.ts';
import { labelled } from '../layout.ts';

const noDamage = 'There is no unacknowledged damage.';

export const recoverCommand = defineCommand({
  meta: {
    description: 'Show recoveries of the outbox, or recover another file',
  },
  args: {
    ...commonArgs,
    file: {
      type: 'positional',
      required: false,
      description: 'Damaged outbox to import readable entries from',
    },
    ack: { type: 'boolean', description: 'Acknowledge the damage, so that warnings stop' },
    json: { type: 'boolean', description: 'Print one JSON object for each recovery' },
  },
  run({ args }) {
    const [file, ...more] = args._;
    if (more.length > 0 || (file !== undefined && args.ack))
      throw new OperatorError('give one FILE to recover from, or --ack');
    const context = openContext(args);
    checkNamed(context.outbox);
    // Do not create an outbox only to report that it has no damage.
    if (file === undefined && !fileExists(context.outbox.file)) {
      if (!args.json) say(noDamage);
      return exitCodes.done;
    }
    const outbox = openForRepair(context.outbox, 'recover');
    try {
      if (file !== undefined) {
        const { recovered, present, withoutBody, withoutEntry } = recoverFrom(file, outbox, context.outbox.file);
        say(
          `${counted(recovered, 'entry', 'entries')} recovered, ${present} already in the outbox, ${withoutBody.length + withoutEntry} lost`,
        );
        return exitCodes.done;
      }
      const damages = args.ack ? acknowledgeDamage(outbox) : unacknowledgedDamage(outbox);
      if (args.json) for (const damage of damages) say(JSON.stringify(damage));
      else if (damages.length === 0) say(noDamage);
      else {
        for (const damage of damages) say(described(damage));
        if (!args.ack) say('When you have read this, type: hpc-collector outbox recover --ack');
      }
      return exitCodes.done;
    } finally {
      outbox.close();
    }
  },
});

function described(damage: Damage): string {
  const facts: readonly (readonly [string, string])[] = [
    ['Damaged', `${damage.at.slice(0, 19).replace('T', ' ')} UTC: ${damage.reason}`],
    ['Kept as', damage.file],
    ['Recovered', counted(damage.recovered, 'entry', 'entries')],
    ['Lost', `${damage.without_body} with a damaged body, ${damage.without_entry} with a body only`],
  ];
  return facts.map(([name, value]) => labelled(name, printable(value, 2000), 11)).join('\n');
}

function say(line: string): void {
  print(`${line}\n`);
}
