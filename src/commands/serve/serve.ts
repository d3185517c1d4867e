import { defineCommand } from 'citty';
import { exitCodes } from '../../lib/errors.ts';
import { parseListen } from '../../server/listen.ts';
import { startReceiver } from '../../server/receiver.ts';
import { countUsers } from '../../server/users.ts';
import { commonArgs } from '../common.ts';
import { openContext } from '../context.ts';
import { stopSignal } from '../signals.ts';
import { databaseArg, databaseFile } from './database.ts';

export const serveCommand = defineCommand({
  meta: { name: 'serve', description: 'Run the receiver: it takes what a collector sends to the SAM status API' },
  args: {
    ...commonArgs,
    ...databaseArg,
    listen: { type: 'string', valueHint: 'HOST:PORT', default: '127.0.0.1:5050', description: 'Where to listen' },
  },
  subCommands: { user: () => import('./user.ts').then((module) => module.userCommand) },
  async run({ args }) {
    const context = openContext(args);
    const log = context.log.withTag('receiver');
    const databasePath = databaseFile(args.database, context);
    const hasUsers = countUsers(databasePath) > 0;
    const receiver = await startReceiver({
      ...parseListen(args.listen),
      databasePath,
      log: (line) => log.info(line),
    });
    log.info(`Listening on ${receiver.url}`);
    const option = args.database === undefined ? '' : ` --database ${args.database}`;
    if (!hasUsers) log.warn(`Nobody may send to it yet: add a user with: hpc-collector serve user add NAME${option}`);
    await new Promise<void>((resolve) => stopSignal.addEventListener('abort', () => resolve(), { once: true }));
    await receiver.stop();
    log.info('Stopped');
    return exitCodes.done;
  },
});
