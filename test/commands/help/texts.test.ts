/** The help of every command, as it is read without a terminal. */

import { expect, test } from 'bun:test';
import { usageOf } from '../../../src/commands/usage.ts';
import { everyCommand } from '../../support/every-command.ts';

test('matches the stored text', async () => {
  const commands = await everyCommand();
  const texts = await Promise.all(
    commands.map(async ({ words, command }) => {
      const name = ['hpc-collector', ...words].join(' ');
      return `$ ${name} --help\n${Bun.stripANSI(await usageOf(command, name))}`;
    }),
  );
  expect(texts.join('\n')).toMatchSnapshot();
});
