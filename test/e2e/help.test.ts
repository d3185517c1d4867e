/** The help of every command, as the executable prints it. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { topics } from '../../src/commands/help/topics.ts';
import { commandGroups, usageOf } from '../../src/commands/usage.ts';
import { quoteArgument } from '../../src/exec/quote.ts';
import { everyCommand } from '../support/every-command.ts';
import { needs } from '../support/needs.ts';
import { onTerminal } from '../support/on-terminal.ts';
import { binary, newSite, type Site } from '../support/site.ts';

let site: Site;
/** The help of each command of the executable, by its words. */
const texts = new Map<string, string>();
beforeAll(async () => {
  site = newSite();
  await gather([]);
}, 180_000);
afterAll(() => site.remove());

async function gather(words: readonly string[]): Promise<void> {
  const { exit, stdout } = await site.runUnwatched(...words, '--help');
  expect(exit).toBe(0);
  texts.set(words.join(' '), stdout);
  for (const word of verbsIn(stdout)) await gather([...words, word]);
}

/** The commands below this one: listed under COMMANDS, or for the program itself under its groups. */
function verbsIn(help: string): string[] {
  const titles = ['COMMANDS', ...commandGroups.map(([title]) => title)].join('|');
  const sections = [...help.matchAll(new RegExp(`^(?:${titles})\\n\\n((?: .*\\n)+)`, 'gm'))];
  return sections.flatMap(([, listed = '']) =>
    [...listed.matchAll(/^ {2}([a-z-]+) {2}/gm)].flatMap(([, verb]) => verb ?? []),
  );
}

test('of the program matches the stored text', () => {
  expect(texts.get('')).toMatchSnapshot();
});

test('of every command is what its definition says', async () => {
  const commands = await everyCommand();
  const pages = commands.map(async ({ words, command }) => {
    const page = await usageOf(command, ['hpc-collector', ...words].join(' '));
    return [words.join(' '), Bun.stripANSI(page)] as const;
  });
  expect(new Map([...texts].filter(([words]) => words !== ''))).toEqual(new Map(await Promise.all(pages)));
});

test('lists every command of the program in one group', async () => {
  // The completion is made from the whole tree of commands.
  const { stdout } = await site.run('completion', 'fish');
  const commands = [...stdout.matchAll(/__hpc_collector_at ""' -a '([a-z]+)' -d/g)].map(([, command]) => command ?? '');
  const listed = commandGroups.flatMap(([, names]) => names);
  expect([...listed, 'help'].sort()).toEqual(commands.sort());
  expect(verbsIn(texts.get('') ?? '')).toEqual(listed);
});

test('fits a terminal of 80 columns, except for command lines', () => {
  const wide = [...texts.values()].flatMap((text) => text.split('\n')).filter((line) => line.length > 80);
  expect(wide.filter((line) => !line.startsWith('  hpc-collector ') && !line.startsWith('  sudo '))).toEqual([]);
});

test('of every command that does work has an example of that command', () => {
  for (const [words, text] of texts) {
    if (verbsIn(text).length > 0) continue;
    const [, example = ''] = /\nEXAMPLES\n\n([\s\S]*)/.exec(text) ?? [];
    expect(`${words}: ${example}`).toContain(`hpc-collector ${words}`);
  }
});

test('of a group of commands has examples of its members', () => {
  const groups = [...texts].filter(([words, text]) => words !== '' && verbsIn(text).length > 0);
  expect(groups.length).toBeGreaterThan(4);
  for (const [words, text] of groups) expect(text).toMatch(new RegExp(`EXAMPLES\n\n  .*hpc-collector ${words} `));
});

test('the words help and version, and -V, work', async () => {
  expect((await site.run('help')).stdout).toBe((await site.run('--help')).stdout);
  const { stdout } = await site.run('--version');
  for (const words of [['version'], ['-V']]) expect(await site.run(...words)).toMatchObject({ exit: 0, stdout });
  expect(JSON.parse((await site.run('version', '--json')).stdout)).toHaveProperty('commit');
});

test.each(Object.keys(topics))('help %s prints the topic', async (topic) => {
  expect(await site.run('help', topic)).toMatchObject({ exit: 0, stdout: topics[topic] ?? '', stderr: '' });
  expect(texts.get('')).toContain(`\n  ${topic} `);
});

needs('script')('help TOPIC goes through $PAGER on a terminal', () => {
  const argv = ['script', '--quiet', '--return', '--command', `${quoteArgument(binary)} help files`, '/dev/null'];
  const onTerminal = (PAGER: string) =>
    Bun.spawnSync(argv, { stdin: 'ignore', env: { PATH: '/usr/bin:/bin', TERM: 'dumb', PAGER } }).stdout.toString();
  expect(onTerminal('sed s/^/paged:/')).toContain('paged:# Files');
  // A pager that is not installed must not cost the reader the text.
  expect(onTerminal('no-such-pager')).toContain('# Files');
});

test('goes to a file without colours and without the pager, also if errors go to a terminal', async () => {
  const file = join(site.directory, 'help');
  const intoFile = async (words: string) => {
    const command = `exec ${quoteArgument(binary)} ${words} >${quoteArgument(file)}`;
    await onTerminal(['/bin/sh', '-c', command], { PATH: '/usr/bin:/bin', TERM: 'xterm', PAGER: 'sed s/^/paged:/' });
    return readFileSync(file, 'utf8');
  };
  expect(await intoFile('--help')).toBe(texts.get('') ?? '');
  expect(await intoFile('help files')).toBe(topics.files ?? '');
});
