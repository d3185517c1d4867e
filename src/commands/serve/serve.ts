import { defineCommand } from 'citty';
import { exitCodes, OperatorError } from '../../lib/errors.ts';
import { openContext } from '../../run/context.ts';
import { stopSignal } from '../../run/signals.ts';
import { keysIn } from '../../server/auth/key-ring.ts';
import { listKeys } from '../../server/auth/keys.ts';
import { usersIn } from '../../server/auth/users.ts';
import { originsIn } from '../../server/http/cors.ts';
import { parseListen } from '../../server/http/listen.ts';
import { startReceiver } from '../../server/receiver.ts';
import { commonArgs } from '../common.ts';
import { databaseArg, databaseOf } from './database.ts';

export const serveCommand = defineCommand({
  meta: {
    name: 'serve',
    description: 'Run the receiver, which stores the data of collectors',
  },
  args: {
    ...commonArgs,
    ...databaseArg,
    listen: {
      type: 'string',
      valueHint: 'HOST:PORT',
      default: '127.0.0.1:5050',
      description: 'Address to listen on (default: 127.0.0.1:5050)',
    },
    'max-ingest-mib': {
      type: 'string',
      valueHint: 'N',
      default: '64',
      description: 'Largest decompressed request with jobs, MiB (default: 64)',
    },
  },
  subCommands: {
    user: () => import('./user.ts').then((module) => module.userCommand),
    key: () => import('./key.ts').then((module) => module.keyCommand),
    stats: () => import('./stats.ts').then((module) => module.statsCommand),
    backup: () => import('./backup.ts').then((module) => module.backupCommand),
    migrate: () => import('./migrate.ts').then((module) => module.migrateCommand),
  },
  async run({ args }) {
    const context = openContext(args);
    const log = context.log.withTag('receiver');
    const database = databaseOf(args.database, context);
    const { API_KEYS, CORS_ORIGINS } = context.config.environment;
    const ingest = {
      environmentKeys: keysIn(API_KEYS),
      origins: originsIn(CORS_ORIGINS),
      maxBodyBytes: bytesOf(args['max-ingest-mib']),
    };
    const hasUsers = (await usersIn(database)) > 0;
    const hasKeys = ingest.environmentKeys.length > 0 || (await listKeys(database)).length > 0;
    const receiver = await startReceiver({
      ...parseListen(args.listen),
      database,
      ingest,
      log: (line, level) => log[level](line),
    });
    log.info(`Listening on ${receiver.url}`);
    const option = args.database === undefined ? '' : ` --database ${args.database}`;
    // A receiver can be for snapshots only or for jobs only: warn only if it can receive neither.
    const level = hasUsers || hasKeys ? 'info' : 'warn';
    if (!hasUsers)
      log[level](`No snapshots can be received yet: add a user with: hpc-collector serve user add NAME${option}`);
    if (!hasKeys) {
      log[level](
        `No jobs can be received yet: add a key with: hpc-collector serve key add NAME --cluster CLUSTER${option}`,
      );
    }
    await new Promise<void>((resolve) => stopSignal.addEventListener('abort', () => resolve(), { once: true }));
    await receiver.stop();
    log.info('Stopped');
    return exitCodes.done;
  },
});

/** Returns the size in bytes of a flag in MiB. Throws OperatorError. */
function bytesOf(mebibytes: string): number {
  const count = Number(mebibytes);
  if (/^\d+$/.test(mebibytes) && count >= 1 && count <= 1024) return count * 1024 ** 2;
  throw new OperatorError(`--max-ingest-mib ${mebibytes}: give a number from 1 to 1024`);
}
