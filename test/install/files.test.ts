/** The files that `install` writes, whole: an administrator reads each line of them. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cronBlock } from '../../src/install/cron.ts';
import { asBytes } from '../../src/install/crontab.ts';
import { argumentsOf, type Installation, staggered } from '../../src/install/installation.ts';
import { exampleEpilog, exampleProlog, jobTemplate } from '../../src/install/job-template.ts';
import { logrotateText, withRotation } from '../../src/install/logrotate.ts';
import { hasOwnFile, removeOwnFile, writeOwnFile } from '../../src/install/own-files.ts';
import { receiverUnit } from '../../src/install/receiver-unit.ts';
import { jobsTask, ownFileMark, quoted, runTask, systemdUnits } from '../../src/install/systemd.ts';
import { quickDirectory } from '../support/files.ts';

const user: Installation = {
  binary: '/home/ada/bin/hpc-collector',
  flags: ['--config', '/home/ada/conf'],
  systems: ['derecho'],
  environment: { XDG_STATE_HOME: '/scratch/ada', SLURM_CONF: '/etc/slurm/farm.conf' },
  host: 'login1',
  user: 'ada',
  isRoot: false,
};
const root: Installation = {
  ...user,
  ...{ binary: '/usr/local/bin/hpc-collector', flags: [], systems: [], environment: {}, user: 'root', isRoot: true },
};

test.each<[string, () => unknown]>([
  ['the crontab of a user', () => cronBlock(user, 'ops@example.org', { runs: true, exportsJobs: true })],
  ['the timer and service of run, for a user', () => systemdUnits(runTask, user, null)],
  ['the timer and service of run, for root', () => systemdUnits(runTask, root, 'mail@%n.service')],
  ['the timer and service of jobs export, for a user', () => systemdUnits(jobsTask, user, null)],
  ['the template of the sampler', () => jobTemplate({ ...root, environment: user.environment }, 'mail@%n.service')],
  ['the template of the sampler, without a variable', () => jobTemplate(root, null)],
  ['the prolog and the epilog', () => [exampleProlog, exampleEpilog]],
  ['the service of the receiver, for root', () => receiverUnit(root, ['--listen', '0.0.0.0:443'], 'mail@%n.service')],
  ['the service of the receiver, for a user', () => receiverUnit(user, [], null)],
  [
    'the service of the receiver, with a certificate and directories of its own',
    () => receiverUnit(root, ['--tls-cert=/c', '--tls-key=/k', '--database', '/d', '--config=/e'], null),
  ],
  ['the configuration of logrotate', () => logrotateText(['/var/log/a "b" \\c.log'], { user: 'ada', group: 'staff' })],
])('%s', (_, made) => {
  const found = made();
  const text =
    typeof found === 'string'
      ? found
      : Object.entries(found as object)
          .flat()
          .join('\n');
  expect(text.split('\n')).toMatchSnapshot();
});

test('a template of the sampler takes no flags of the collector', () => {
  expect(() => jobTemplate({ ...root, flags: ['--config', '/x'] }, null)).toThrow('--job-template takes no --config');
});

test('the commands have the flags first, and health is quiet', () => {
  const commands = (['run', 'health', 'jobs export'] as const).map((command) => argumentsOf(user, command).join(' '));
  expect(commands).toEqual([
    '--config /home/ada/conf run derecho',
    '--config /home/ada/conf health --quiet',
    '--config /home/ada/conf jobs export',
  ]);
});

test('the start differs by host, user and systems, and stays below its limit', () => {
  const starts = [user, { ...user, host: 'login2' }, { ...user, user: 'bob' }, { ...user, systems: ['casper'] }];
  expect(new Set(starts.map((one) => staggered(one, 1_000_000))).size).toBe(4);
  for (const count of [1, 2, 60]) expect(staggered(user, count)).toBeLessThan(count);
});

test.each([
  ['/opt/a-b_c.d', false, '/opt/a-b_c.d'],
  ['a b', false, '"a b"'],
  ['', false, '""'],
  ['50%', false, '50%%'],
  ['$a', false, '"$$a"'],
  ['$a', true, '"$a"'],
  ['a"b\\c', false, '"a\\"b\\\\c"'],
])('the word %j of a unit is written as %p %s', (word, isVariable, expected) => {
  expect(quoted(word, isVariable)).toBe(expected);
});

test('a crontab in another encoding keeps its bytes', () => {
  expect(asBytes('ü')).toBe('Ã¼');
});

test('the rotation of the log is turned on again in a file that has no other setting for it', () => {
  expect(withRotation('systems: [a]\nlog: { rotate: false }\n', true)).toBe('systems: [ a ]\nlog: {}\n');
  expect(withRotation('systems: [a]\n', true)).toBe('systems: [a]\n');
});

describe('a file of our own', () => {
  let directory: ReturnType<typeof quickDirectory>;
  beforeEach(() => {
    directory = quickDirectory();
  });
  afterEach(() => directory.remove());
  const text = `${ownFileMark} x\n`;

  test('is written once, replaced and removed', () => {
    const file = join(directory.path, 'new/unit.service');
    expect([hasOwnFile(file), removeOwnFile(file)]).toEqual([false, false]);
    expect([writeOwnFile(file, text), writeOwnFile(file, text)]).toEqual([true, false]);
    expect(statSync(file).mode & 0o777).toBe(0o644);
    expect(hasOwnFile(file)).toBe(true);
    expect(writeOwnFile(file, `${text}y\n`)).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe(`${text}y\n`);
    expect([removeOwnFile(file), hasOwnFile(file)]).toEqual([true, false]);
  });

  test('of others is left alone', () => {
    const file = join(directory.path, 'unit.service');
    writeFileSync(file, `# mine\n${text}`);
    for (const touch of [() => writeOwnFile(file, text), () => hasOwnFile(file), () => removeOwnFile(file)])
      expect(touch).toThrow(`${file} was not written by 'hpc-collector install': it is unchanged; move it away first`);
    expect(readFileSync(file, 'utf8')).toBe(`# mine\n${text}`);
  });

  test('that cannot be written is an error with its name', () => {
    const file = join(directory.path, 'file');
    writeFileSync(file, text);
    expect(() => writeOwnFile(join(file, 'unit'), text)).toThrow(`cannot write ${join(file, 'unit')}: `);
    mkdirSync(join(directory.path, 'd'));
    expect(() => writeOwnFile(join(directory.path, 'd'), text)).toThrow();
  });
});
