/** The topic `commands` names every command that the recordings of real hosts hold. */

import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { topics } from '../../../src/commands/help/topics.ts';
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
        .replace(/^(--format)=.*/, '$1=FIELDS'),
    )
    .join(' ')
    .replace(/^(sh -c) (cat \/proc\/loadavg && nproc --all \|\| exit;).*/s, "$1 '$2 …'")
    .replace(/^(df .* --) \S+$/, '$1 PATH');
}

test.each(recordings)('the commands of %s', (recording) => {
  const { commands } = Bun.YAML.parse(readFileSync(join(fixtures, recording), 'utf8')) as {
    commands: readonly { readonly argv?: readonly string[]; readonly url?: string }[];
  };
  const written = commands.flatMap(({ argv }) =>
    argv === undefined || argv.includes('sacct') || dirname(recording) === 'jupyterhub' ? [] : [inTheManual(argv)],
  );
  const missing = written.filter(
    (command) => !earlier.includes(command) && !topics.commands?.includes(`    ${command}\n`),
  );
  expect([...new Set(missing)]).toEqual([]);
});

test('the command that reads finished jobs', () => {
  const day = { from: new Date('2026-01-01'), to: new Date('2026-01-02') };
  expect(topics.commands).toContain(`    ${inTheManual(sacctCommand(day))}\n`);
});
