/** `completion bash | zsh | fish`, tried in each of these shells. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needs } from '../support/needs.ts';
import { newSite, type Site } from '../support/site.ts';
import { start } from '../support/start.ts';

let site: Site;
const scripts: Record<string, string> = {};
beforeAll(async () => {
  site = newSite();
  site.configure('aurora.yaml', '');
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { exit, stdout, stderr } = await site.run('completion', shell);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    scripts[shell] = join(site.directory, shell);
    writeFileSync(scripts[shell], stdout);
  }
  mkdirSync(join(site.directory, 'folder-of-mine'));
  writeFileSync(join(site.directory, 'file-of-mine'), '');
});
afterAll(() => site.remove());

const shellEnv = () => ({ ...site.env, PATH: '/usr/bin:/bin', TERM: 'dumb' });
const ran = (...argv: string[]) => start(argv, { env: shellEnv(), cwd: site.directory }).ended;

/** What each shell offers behind a line. */
const offers = {
  async bash(line: string): Promise<string[]> {
    const words = line.split(' ');
    const { stdout, stderr } = await ran(
      'bash',
      '-c',
      // compopt works only where a real completion is under way.
      `compopt() { :; }; source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _hpc_collector; printf '%s\\n' "\${COMPREPLY[@]}"`,
      scripts.bash ?? '',
      ...words,
    );
    expect(stderr).toBe('');
    return stdout.split('\n').filter((word) => word !== '');
  },
  async fish(line: string): Promise<string[]> {
    const { stdout, stderr } = await ran(
      'fish',
      '--no-config',
      '-c',
      'source $argv[1]; complete -C $argv[2]',
      scripts.fish ?? '',
      line,
    );
    expect(stderr).toBe('');
    return stdout.split('\n').flatMap((word) => word.split('\t')[0] || []);
  },
};

const cases: [string, string, readonly string[], readonly string[]][] = [
  ['commands', 'hpc-collector ', ['run', 'drain', 'outbox', 'help', 'completion'], ['ls', 'casper']],
  ['verbs', 'hpc-collector outbox ', ['ls', 'retry', 'stats'], ['run', 'casper']],
  ['verbs behind a common flag', 'hpc-collector --verbose outbox re', ['recover', 'retry', 'release'], ['ls']],
  ['flags', 'hpc-collector drain --', ['--stream', '--now', '--config', '--help'], ['--record']],
  ['short flags', 'hpc-collector drain -', ['-v', '-q', '-h', '--now'], ['-V', 'run']],
  ['systems, those of the configuration too', 'hpc-collector run derecho ', ['aurora', 'casper', 'derecho'], ['run']],
  ['states', 'hpc-collector outbox ls --state ', ['pending', 'held', 'rejected', 'delivered', 'all'], ['aurora']],
  ['streams', 'hpc-collector drain --stream sam/a', ['sam/aurora'], ['sam/casper']],
  ['values of a flag', 'hpc-collector run --log-format ', ['text', 'json'], ['aurora']],
  ['files', 'hpc-collector run --log-file file-', ['file-of-mine'], []],
  ['directories', 'hpc-collector --config folder-', ['folder-of-mine'], ['file-of-mine']],
  ['shells', 'hpc-collector completion ', ['bash', 'zsh', 'fish'], []],
  ['topics', 'hpc-collector help e', ['exit-codes', 'environment'], []],
];

describe.each(['bash', 'fish'] as const)('%s completes', (shell) => {
  needs(shell).each(cases)('%s', async (_, line, some, none) => {
    const offered = (await offers[shell](line)).map((word) => word.replace(/\/$/, ''));
    for (const word of some) expect(offered).toContain(word);
    for (const word of none) expect(offered).not.toContain(word);
  });
});

/** Types into an interactive zsh, and has it print the line that came of each. */
async function typedInZsh(lines: readonly string[]): Promise<string> {
  const keys = lines.map((line) => `${line}\t\u0001print -r -- \u0005\n`).join('');
  const typed = `PROMPT= ; autoload -Uz compinit && compinit -u -D; source ${scripts.zsh}\n${keys}exit\n`;
  const argv = ['script', '--quiet', '--return', '--command', 'zsh -f -i', '/dev/null'];
  const { stdout } = await start(argv, { env: shellEnv(), cwd: site.directory, stdin: typed }).ended;
  return stdout;
}

needs('zsh', 'script')('zsh completes what is unambiguous', async () => {
  const shown = await typedInZsh([
    'hpc-collector dra',
    'hpc-collector outbox sta',
    'hpc-collector run aur',
    'hpc-collector outbox ls --state rej',
    'hpc-collector drain --max',
    'hpc-collector drain --stream sam/a',
    'hpc-collector run --log-file file-',
    'hpc-collector --config folder-',
    'hpc-collector help exit',
  ]);
  const printed = shown.split(/\r?\n/).map((line) => line.trim());
  for (const line of [
    'hpc-collector drain',
    'hpc-collector outbox stats',
    'hpc-collector run aurora',
    'hpc-collector outbox ls --state rejected',
    'hpc-collector drain --max-seconds',
    'hpc-collector drain --stream sam/aurora',
    'hpc-collector run --log-file file-of-mine',
    // zsh takes the slash away again when the line goes on.
    'hpc-collector --config folder-of-mine',
    'hpc-collector help exit-codes',
  ])
    expect(printed).toContain(line);
});

needs('zsh', 'script')('zsh lists flags, the short ones too', async () => {
  const shown = await typedInZsh(['hpc-collector drain -']);
  for (const flag of ['-v', '-q', '-h', '--now']) expect(shown.split(/\s+/)).toContain(flag);
});

test('another shell is refused', async () => {
  expect(await site.run('completion', 'tcsh')).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining('give bash, zsh or fish'),
  });
});

test('a faulty configuration leaves out only the systems', async () => {
  const other = newSite();
  other.configure('collector.yaml', 'nonsense: true\n');
  const { exit, stdout } = await other.run('completion', 'bash');
  expect({ exit, stdout }).toMatchObject({ exit: 0, stdout: expect.stringContaining('outbox') });
  await other.remove();
});
