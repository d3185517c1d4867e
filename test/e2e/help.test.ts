/** The help of every command, as it is read. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { newSite, type Site } from '../support/site.ts';

let site: Site;
/** The help of each command of the executable, by its words. */
const texts = new Map<string, string>();
beforeAll(async () => {
  site = newSite();
  await gather([]);
}, 60_000);
afterAll(() => site.remove());

async function gather(words: readonly string[]): Promise<void> {
  const { exit, stdout } = await site.runUnwatched(...words, '--help');
  expect(exit).toBe(0);
  texts.set(words.join(' '), stdout);
  for (const word of verbsIn(stdout)) await gather([...words, word]);
}

function verbsIn(help: string): string[] {
  const [, listed = ''] = /\nCOMMANDS\n\n([\s\S]*?)\n\n/.exec(help) ?? [];
  return [...listed.matchAll(/^ +([a-z-]+) {2}/gm)].flatMap(([, verb]) => verb ?? []);
}

test('reads as it did', () => {
  expect(texts.size).toBeGreaterThan(25);
  const all = [...texts].map(([words, text]) => `$ hpc-collector ${words === '' ? '' : `${words} `}--help\n${text}`);
  expect(all.join('\n')).toMatchSnapshot();
});

test('of every command that does something has an example, which is one of it', () => {
  for (const [words, text] of texts) {
    if (verbsIn(text).length > 0) continue;
    const [, example = ''] = /\nEXAMPLE\n\n([\s\S]*)/.exec(text) ?? [];
    expect(`${words}: ${example}`).toContain(`hpc-collector ${words}`);
  }
});

test.each(['exit-codes', 'environment', 'files'])('help %s', async (topic) => {
  const { exit, stdout, stderr } = await site.run('help', topic);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  expect(stdout).toMatchSnapshot();
  expect(texts.get('')).toContain(`hpc-collector help ${topic}`);
});
