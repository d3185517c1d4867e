/** The topic `commands` names every command that is run on a host, and no other. */

import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { topics } from '../../../src/commands/help/topics.ts';
import { logCommands } from '../../../src/history/log-files.ts';
import { filesystemCommand } from '../../../src/host/filesystem.ts';
import { loginNodeCommand } from '../../../src/host/login-node.ts';
import { pbsCommands } from '../../../src/pbs/commands.ts';
import { slurmCommands } from '../../../src/slurm/commands.ts';
import { sacctCommand } from '../../../src/slurm/sacct.ts';

const fixtures = join(import.meta.dir, '../../../fixtures');
const recordings = [...new Bun.Glob('**/recording.yaml').scanSync(fixtures)];

/** Older recordings hold the command of an earlier version, which is replayed but no longer run. */
const earlier = ['sh -c cat /proc/loadavg && nproc && who'];

/** A command as the manual writes it: formats, paths and times are capital words. */
function inTheManual(argv: readonly string[]): string {
  return argv
    .map((word) =>
      word
        .replace(/^[A-Za-z-]+:\u001f.*/s, 'FIELDS')
        .replace(/^(--delimiter)=.*/, '$1=SEPARATOR')
        .replace(/^(--state)=.*/, '$1=STATES')
        .replace(/^(--(?:start|end)time)=.*/, '$1=TIME')
        .replace(/^(--format)=.*/, '$1=FIELDS')
        .replace(/^%d .*/, 'FORMAT')
        .replace(/^\+\d+$|^9$/, 'NUMBER')
        .replace(/^\/accounting.*/, 'PATH'),
    )
    .join(' ')
    .replace(/^(sh -c) (cat \/proc\/loadavg && nproc --all \|\| exit;).*/s, "$1 '$2 …'")
    .replace(/^(df .* --) \S+$/, '$1 PATH');
}

/** The commands in the code, as the manual writes them. */
const inTheCode = [
  ...Object.values(pbsCommands),
  ...Object.values(slurmCommands),
  ...Object.values(logCommands).map((command) => command('/accounting', 9)),
  sacctCommand({ from: new Date('2026-01-01'), to: new Date('2026-01-02') }),
  filesystemCommand('/glade'),
  loginNodeCommand,
].map(inTheManual);

test('the topic lists the commands in the code', () => {
  const listed = [...(topics.commands ?? '').matchAll(/^ {4}(.+)$/gm)].map(([, line = '']) => line);
  expect(listed.sort()).toEqual(inTheCode.sort());
});

test.each(recordings)('the commands of %s are in the code', (recording) => {
  const { commands } = Bun.YAML.parse(readFileSync(join(fixtures, recording), 'utf8')) as {
    commands: readonly { readonly argv?: readonly string[]; readonly url?: string }[];
  };
  const recorded = commands.flatMap(({ argv }) =>
    argv === undefined || argv.includes('sacct') || dirname(recording) === 'jupyterhub' ? [] : [inTheManual(argv)],
  );
  expect(recorded.filter((command) => ![...earlier, ...inTheCode].includes(command))).toEqual([]);
});
