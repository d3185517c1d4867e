import { existsSync } from 'node:fs';
import { defineCommand } from 'citty';
import { sameHost } from '../../exec/host-name.ts';
import { exitCodes, OperatorError } from '../../lib/errors.ts';
import { printable } from '../../lib/text.ts';
import { drainLockFile } from '../../outbox/files.ts';
import { tryLock } from '../../outbox/lock.ts';
import { checkNamed, openForRepair } from '../../outbox/open.ts';
import { adopt } from '../../outbox/ownership.ts';
import { refuseNotOutbox } from '../../outbox/recovery/other-file.ts';
import { openContext } from '../../run/context.ts';
import { commonArgs } from '../common.ts';
import { printLines } from '../output.ts';
import { jsonLine } from './entry-json.ts';

export const adoptCommand = defineCommand({
  meta: {
    name: 'adopt',
    description: 'Take over the outbox of a retired host',
  },
  args: { ...commonArgs, json: { type: 'boolean', description: 'Print one JSON object' } },
  async run({ args }) {
    const context = openContext(args);
    const { file: outboxFile, host, log } = context.outbox;
    checkNamed(context.outbox);
    if (!existsSync(outboxFile)) throw new OperatorError(`there is no outbox ${outboxFile}: nothing to take over`);
    refuseNotOutbox(outboxFile);
    // Held by a host that is not as retired as was thought.
    const lock = tryLock(drainLockFile(outboxFile), log.warn);
    if (!lock)
      throw new OperatorError(`somebody drains ${outboxFile} right now: stop the other host's cron job first`, {
        exitCode: exitCodes.locked,
      });
    const outbox = openForRepair(context.outbox, 'adopt');
    const owner = adopt(outbox, host);
    outbox.close();
    lock.release();
    const isNew = owner === null || !sameHost(owner, host);
    if (isNew && owner !== null) log.warn(`The outbox of ${owner} is now written by ${host}`);
    const said = isNew
      ? `${host} writes ${outboxFile} from now on${owner === null ? '' : ` in the place of ${printable(owner, 100)}, whose cron job must not run any more`}`
      : `${host} writes ${outboxFile} already`;
    printLines([args.json ? jsonLine({ file: outboxFile, host, was: owner }) : said]);
    return exitCodes.done;
  },
});
