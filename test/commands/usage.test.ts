/** What the help makes of a command's definition. `help/texts.test.ts` has the help of the real commands. */

import { expect, test } from 'bun:test';
import type { ArgsDef } from 'citty';
import { titleOf, topics } from '../../src/commands/help/topics.ts';
import { type CommandDefinition, commandTree } from '../../src/commands/tree.ts';
import { commandGroups, usageOf } from '../../src/commands/usage.ts';

const pageOf = async (command: CommandDefinition, name: string) => Bun.stripANSI(await usageOf(command, name));
const aliases: string[] = ['t', 'T'];

test('the program has its commands in groups, aligned, and its topics, and no examples', async () => {
  const names = commandGroups.flatMap(([, members]) => members);
  const child = (name: string) => [name, { meta: { description: `Do ${name}` } }] as const;
  const subCommands = Object.fromEntries(names.toReversed().map(child));
  const items = Object.entries(topics).map(([topic, text]) => `  ${topic.padEnd(13)}  ${titleOf(text)}`);
  expect(await pageOf({ meta: { description: 'Collect the status' }, subCommands }, 'hpc-collector')).toBe(
    `Collect the status

USAGE hpc-collector COMMAND [FLAGS]

COLLECT

  run          Do run
  collect      Do collect
  drain        Do drain
  jobs         Do jobs
  sample       Do sample

QUEUE

  outbox       Do outbox

OUTAGES

  outage       Do outage
  maintenance  Do maintenance

OPERATE

  health       Do health
  doctor       Do doctor

RECEIVE

  serve        Do serve

SET UP

  config       Do config
  install      Do install
  completion   Do completion
  demo         Do demo

TOPICS (hpc-collector help TOPIC)

${items.join('\n')}

Run 'hpc-collector COMMAND --help' for more about a command.
`,
  );
});

test('a command has its arguments and flags, and a description of several lines begins each in the first column', async () => {
  const args: ArgsDef = {
    id: { type: 'positional', description: 'Id of the entry' },
    file: { type: 'positional', required: false },
    title: { type: 'string', alias: aliases },
    format: { type: 'enum', options: ['text', 'json'], description: 'Format' },
  };
  const meta = { description: `${'x'.repeat(39)} ${'y'.repeat(40)} and more` };
  expect(await pageOf({ meta, args }, 'hpc-collector frobnicate')).toBe(
    `${'x'.repeat(39)} ${'y'.repeat(40)}
and more

USAGE hpc-collector frobnicate [FLAGS] ID [FILE]

ARGUMENTS

  ID    Id of the entry
  FILE

FLAGS

  -t, --title TEXT
  --format text|json  Format
`,
  );
});

test('a group without examples and descriptions has a list of its commands', async () => {
  expect(await pageOf({ subCommands: { up: {}, down: {} } }, 'hpc-collector frobnicate')).toBe(
    `USAGE hpc-collector frobnicate COMMAND [FLAGS]

COMMANDS

  up
  down

Run 'hpc-collector frobnicate COMMAND --help' for more about a command.
`,
  );
});

test('a tree of commands without definitions has empty ones', async () => {
  const leaf = { description: '', args: {}, children: [] };
  const down: CommandDefinition = { meta: async () => ({ description: 'Go down' }) };
  expect(await commandTree({ subCommands: async () => ({ up: {}, down: () => down }) }, ['go'])).toEqual({
    ...leaf,
    words: ['go'],
    command: expect.anything(),
    children: [
      { ...leaf, words: ['go', 'up'], command: {} },
      { ...leaf, words: ['go', 'down'], command: down, description: 'Go down' },
    ],
  });
});
