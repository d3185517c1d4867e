import { defineCommand } from 'citty';
import { exitCodes } from '../../lib/errors.ts';
import { complain, print } from '../../lib/output.ts';
import { addUser } from '../../server/users.ts';
import { commonArgs } from '../common.ts';
import { openContext } from '../context.ts';
import { databaseArg, databaseFile } from './database.ts';

const addCommand = defineCommand({
  meta: { name: 'add', description: 'Add a user, or give one another password' },
  args: {
    ...commonArgs,
    ...databaseArg,
    name: { type: 'positional', required: true, description: 'The user' },
    'password-stdin': {
      type: 'boolean',
      description: 'Read the password from standard input; otherwise one is made and shown once',
    },
  },
  async run({ args }) {
    const file = databaseFile(args.database, openContext(args));
    const given = args['password-stdin'] ? (await Bun.stdin.text()).replace(/\r?\n$/, '') : null;
    const { password, replaced } = await addUser(file, args.name, given);
    complain(`${replaced ? 'Changed the password of' : 'Added'} ${args.name}\n`);
    if (password !== null) print(`${password}\n`);
    return exitCodes.done;
  },
});

export const userCommand = defineCommand({
  meta: { name: 'user', description: 'The users who may send to the receiver' },
  subCommands: { add: addCommand },
});
