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
    description: 'Take over the outbox of a retired host',
  },
  args: { ...commonArgs, json: { type: 'boolean', description: 'Print one JSON object' } },
  async run({ args }) {
    const context = openContext(args);
    const { file: outboxFile, host, log } = context.outbox;
    checkNamed(context.outbox);
    if (!existsSync(outboxFile)) throw new OperatorError(`there is no outbox ${outboxFile}: nothing to take over`);
    refuseNotOutbox(outboxFile);
    // The lock is held if the other host still runs a drain.
    const lock = tryLock(drainLockFile(outboxFile), log.warn);
    if (!lock)
      throw new OperatorError(`a drain of ${outboxFile} is running: stop the cron job of the other host first`, {
        exitCode: exitCodes.locked,
      });
    const outbox = openForRepair(context.outbox, 'adopt');
    const owner = adopt(outbox, host);
    outbox.close();
    lock.release();
    const isNew = owner === null || !sameHost(owner, host);
    if (isNew && owner !== null) log.warn(`The outbox of ${owner} is now written by ${host}`);
    const result = isNew
      ? `${outboxFile} now belongs to ${host}${owner === null ? '' : ` instead of ${printable(owner, 100)}: remove the cron job there`}`
      : `${outboxFile} already belongs to ${host}`;
    printLines([args.json ? jsonLine({ file: outboxFile, host, was: owner }) : result]);
    return exitCodes.done;
  },
});
