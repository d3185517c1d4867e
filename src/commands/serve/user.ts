import { defineCommand } from 'citty';
import { exitCodes } from '../../lib/errors.ts';
import { complain, print } from '../../lib/output.ts';
import { readableUtc } from '../../lib/time.ts';
import { openContext } from '../../run/context.ts';
import { scopesOf, scopesText, userScopes } from '../../server/auth/scope.ts';
import { addUser, changePassword, listUsers, removeUser } from '../../server/auth/users.ts';
import { millisecondsOf } from '../../server/timestamp.ts';
import { commonArgs } from '../common.ts';
import { tableLines } from '../layout.ts';
import { jsonLine } from '../outbox/entry-json.ts';
import { printLines } from '../output.ts';
import { repeatedValues } from '../repeated.ts';
import { databaseArg, databaseOf } from './database.ts';
import { scopeArg } from './scope.ts';

const nameArg = { name: { type: 'positional', required: true, description: 'Name of the user' } } as const;

const passwordArg = {
  'password-stdin': {
    type: 'boolean',
    description: 'Read the password from standard input (default: random)',
  },
} as const;

const addCommand = defineCommand({
  meta: { description: 'Add a user, or change the password of a user' },
  args: {
    ...commonArgs,
    ...databaseArg,
    ...nameArg,
    scope: { ...scopeArg, description: `${scopeArg.description}; default: ${userScopes.join(' ')}` },
    ...passwordArg,
  },
  async run({ args, rawArgs }) {
    const database = databaseOf(args.database, openContext(args));
    const given = await givenPassword(args['password-stdin']);
    const words = repeatedValues(rawArgs, '--scope');
    const scopes = words.length === 0 ? null : scopesOf(words.join(','));
    const { password, replaced } = await addUser(database, args.name, given, scopes);
    complain(`${replaced ? 'Changed the password of' : 'Added'} ${args.name}\n`);
    if (password !== null) print(`${password}\n`);
    return exitCodes.done;
  },
});

const passwdCommand = defineCommand({
  meta: { description: 'Change the password of a user, and end the sessions' },
  args: { ...commonArgs, ...databaseArg, ...nameArg, ...passwordArg },
  async run({ args }) {
    const database = databaseOf(args.database, openContext(args));
    const password = await changePassword(database, args.name, await givenPassword(args['password-stdin']));
    complain(`Changed the password of ${args.name}\n`);
    if (password !== null) print(`${password}\n`);
    return exitCodes.done;
  },
});

const lsCommand = defineCommand({
  meta: { description: 'List the users, their scopes and when their passwords were set' },
  args: {
    ...commonArgs,
    ...databaseArg,
    json: { type: 'boolean', description: 'Print one JSON object for each user' },
  },
  async run({ args }) {
    const known = await listUsers(databaseOf(args.database, openContext(args)));
    const users = known.map(({ name, scopes, changedAt }) => ({
      name,
      scopes,
      changed_at: new Date(millisecondsOf(changedAt)),
    }));
    if (args.json) printLines(users.map((user) => jsonLine(user)));
    else if (users.length === 0) printLines(['There is no user.']);
    else {
      const rows = users.map(({ name, scopes, changed_at }) => [name, scopesText(scopes), readableUtc(changed_at)]);
      printLines(tableLines(['NAME', 'SCOPES', 'PASSWORD SET (UTC)'], rows, []));
    }
    return exitCodes.done;
  },
});

const rmCommand = defineCommand({
  meta: { description: 'Remove a user' },
  args: { ...commonArgs, ...databaseArg, ...nameArg },
  async run({ args }) {
    await removeUser(databaseOf(args.database, openContext(args)), args.name);
    complain(`Removed user ${args.name}\n`);
    return exitCodes.done;
  },
});

export const userCommand = defineCommand({
  meta: { description: 'Manage the users of the receiver' },
  subCommands: { add: addCommand, ls: lsCommand, passwd: passwdCommand, rm: rmCommand },
});

/** Returns the password on standard input without its line break, null without the flag. */
async function givenPassword(isGiven: boolean | undefined): Promise<string | null> {
  return isGiven ? (await Bun.stdin.text()).replace(/\r?\n$/, '') : null;
}
