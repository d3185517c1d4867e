import { defineCommand } from 'citty';
import { loadReceiverSettings } from '../../config/receiver.ts';
import { exitCodes, messageOf, OperatorError } from '../../lib/errors.ts';
import { openContext } from '../../run/context.ts';
import { reloadOnHangUp, stopSignal } from '../../run/signals.ts';
import { keysIn } from '../../server/auth/key-ring.ts';
import { listKeys } from '../../server/auth/keys.ts';
import type { Scope } from '../../server/auth/scope.ts';
import { listUsers } from '../../server/auth/users.ts';
import { originsIn } from '../../server/http/cors.ts';
import { parseListen } from '../../server/http/listen.ts';
import type { TlsFiles } from '../../server/http/tls.ts';
import { startReceiver } from '../../server/receiver.ts';
import { commonArgs } from '../common.ts';
import { databaseArg, databaseOf } from './database.ts';

export const serveCommand = defineCommand({
  meta: {
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
    'tls-cert': {
      type: 'string',
      valueHint: 'FILE',
      description: 'Certificate with its chain, PEM; read again on HUP',
    },
    'tls-key': { type: 'string', valueHint: 'FILE', description: 'Private key of the certificate, PEM' },
    'behind-proxy': { type: 'boolean', description: 'All requests come from a proxy with TLS; trust its headers' },
    public: { type: 'boolean', description: 'Let everybody read, without names of users' },
    'anonymise-users': { type: 'boolean', description: 'Show pseudonyms in the place of names of users' },
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
    cluster: () => import('./cluster.ts').then((module) => module.clusterCommand),
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
    const [users, keys] = [await listUsers(database), await listKeys(database)];
    const hasKeys = ingest.environmentKeys.length > 0 || keys.some(mayWrite);
    const hasUsers = users.some(mayWrite) || keys.some(mayWrite);
    const receiver = await startReceiver({
      ...parseListen(args.listen),
      database,
      settings: loadReceiverSettings(context.config.directory),
      ingest,
      tls: tlsOf(args['tls-cert'], args['tls-key']),
      isBehindProxy: args['behind-proxy'] ?? false,
      isPublic: args.public ?? false,
      anonymisesUsers: args['anonymise-users'] ?? false,
      log: (line, level) => log[level](line),
    });
    if (args['tls-cert'] !== undefined) {
      reloadOnHangUp(() => {
        try {
          receiver.reloadTls();
          log.info(`Read ${args['tls-cert']} again`);
        } catch (error) {
          log.error(`The old certificate stays in use: ${messageOf(error)}`);
        }
      });
    }
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

/** True if a user or key may send snapshots or jobs. */
function mayWrite({ scopes }: { readonly scopes: readonly Scope[] }): boolean {
  return scopes.some((scope) => scope === 'admin' || scope.startsWith('write:'));
}

/** Returns the files for HTTPS, null for HTTP. Throws OperatorError if one is missing. */
function tlsOf(certificate: string | undefined, key: string | undefined): TlsFiles | null {
  if (certificate !== undefined && key !== undefined) return { certificate, key };
  if (certificate === undefined && key === undefined) return null;
  throw new OperatorError('TLS needs a certificate and its key: give --tls-cert and --tls-key.');
}

/** Returns the size in bytes of a flag in MiB. Throws OperatorError. */
function bytesOf(mebibytes: string): number {
  const count = Number(mebibytes);
  if (/^\d+$/.test(mebibytes) && count >= 1 && count <= 1024) return count * 1024 ** 2;
  throw new OperatorError(`--max-ingest-mib ${mebibytes}: give a number from 1 to 1024`);
}
