import { defineCommand } from 'citty';
import { exitCodes, OperatorError } from '../../lib/errors.ts';
import { complain, print } from '../../lib/output.ts';
import { readableUtc } from '../../lib/time.ts';
import { openContext } from '../../run/context.ts';
import { type ApiKey, addKey, listKeys, removeKey, rotateKey } from '../../server/auth/keys.ts';
import { defaultPerMinute } from '../../server/auth/rate-limit.ts';
import { scopesOf, scopesText } from '../../server/auth/scope.ts';
import { millisecondsOf } from '../../server/timestamp.ts';
import { commonArgs } from '../common.ts';
import { tableLines } from '../layout.ts';
import { jsonLine } from '../outbox/entry-json.ts';
import { printLines } from '../output.ts';
import { repeatedValues } from '../repeated.ts';
import { databaseArg, databaseOf } from './database.ts';
import { scopeArg } from './scope.ts';

const nameArg = { name: { type: 'positional', required: true, description: 'Name of the key' } } as const;

const addCommand = defineCommand({
  meta: { description: 'Create an API key and show it once' },
  args: {
    ...commonArgs,
    ...databaseArg,
    ...nameArg,
    scope: scopeArg,
    cluster: { type: 'string', valueHint: 'NAME', description: 'The same as --scope write:NAME' },
    all: { type: 'boolean', description: 'The same as --scope write:*' },
    'per-minute': {
      type: 'string',
      valueHint: 'N',
      description: `Most requests a minute (default: ${defaultPerMinute})`,
    },
  },
  async run({ args, rawArgs }) {
    const words = [
      ...repeatedValues(rawArgs, '--scope'),
      ...repeatedValues(rawArgs, '--cluster').map((name) => `write:${name}`),
      ...(args.all ? ['write:*'] : []),
    ];
    if (words.length === 0) throw new OperatorError('say what the key is for: --scope SCOPE, --cluster NAME or --all');
    const scopes = scopesOf(words.join(','));
    const key = await addKey(
      databaseOf(args.database, openContext(args)),
      args.name,
      scopes,
      perMinuteOf(args['per-minute']),
    );
    complain(`Added key ${args.name} for ${scopes.join(', ')}\n`);
    print(`${key}\n`);
    return exitCodes.done;
  },
});

const lsCommand = defineCommand({
  meta: { description: 'List the API keys: name, scopes and last use' },
  args: { ...commonArgs, ...databaseArg, json: { type: 'boolean', description: 'Print one JSON object for each key' } },
  async run({ args }) {
    const keys = await listKeys(databaseOf(args.database, openContext(args)));
    if (args.json) printLines(keys.map((key) => jsonLine(keyJson(key))));
    else printLines(keys.length === 0 ? ['There is no API key.'] : keyTable(keys));
    return exitCodes.done;
  },
});

const rotateCommand = defineCommand({
  meta: { description: 'Replace an API key by a new one and show it once' },
  args: { ...commonArgs, ...databaseArg, ...nameArg },
  async run({ args }) {
    const key = await rotateKey(databaseOf(args.database, openContext(args)), args.name);
    complain(`Replaced key ${args.name}; the old one is refused\n`);
    print(`${key}\n`);
    return exitCodes.done;
  },
});

const rmCommand = defineCommand({
  meta: { description: 'Remove an API key' },
  args: { ...commonArgs, ...databaseArg, ...nameArg },
  async run({ args }) {
    await removeKey(databaseOf(args.database, openContext(args)), args.name);
    complain(`Removed key ${args.name}\n`);
    return exitCodes.done;
  },
});

export const keyCommand = defineCommand({
  meta: { description: 'Manage the API keys of programs' },
  subCommands: { add: addCommand, ls: lsCommand, rotate: rotateCommand, rm: rmCommand },
});

/** Returns the limit of a flag, null for the default. Throws OperatorError. */
function perMinuteOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new OperatorError(`--per-minute ${text}: give a number from 1 to 9999999`);
}

function keyJson({ name, scopes, createdAt, lastUsedAt, perMinute }: ApiKey): Record<string, unknown> {
  const per_minute = perMinute ?? defaultPerMinute;
  return { name, scopes, per_minute, created_at: dateOf(createdAt), last_used_at: lastUsedAt && dateOf(lastUsedAt) };
}

function keyTable(keys: readonly ApiKey[]): string[] {
  const rows = keys.map(({ name, scopes, createdAt, lastUsedAt }) => [
    name,
    scopesText(scopes),
    readableUtc(dateOf(createdAt)),
    lastUsedAt === null ? 'never' : readableUtc(dateOf(lastUsedAt)),
  ]);
  return tableLines(['NAME', 'SCOPES', 'SINCE (UTC)', 'LAST USED (UTC)'], rows, []);
}

function dateOf(timestamp: string): Date {
  return new Date(millisecondsOf(timestamp));
}
