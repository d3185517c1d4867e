/** Samples of compute nodes reach a receiver through a login host, and are summed up there. */

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type IngestReceiver, startIngest } from '../server/usage/helper.ts';
import { mountDisk, onDisk } from '../support/disk.ts';
import { fixtures, newSite, type Site } from '../support/site.ts';

const recorded = join(fixtures, 'sampler/sams');
const files = ['69.c002.json', '86.c001.json', '86.c002.json'];

let site: Site;
let receiver: IngestReceiver;
let spool: string;
beforeEach(async () => {
  site = newSite();
  receiver = await startIngest();
  spool = join(site.directory, 'spool');
  mkdirSync(spool);
  for (const file of files) cpSync(join(recorded, file), join(spool, file));
  site.configure(
    'collector.yaml',
    `destinations: { sams: { kind: sams, url: '${receiver.url}', max_per_minute: 10000 } }\nsamples: { spool: ${spool}, cluster_name: hpc1 }\n`,
  );
  site.configure('env', `SAMS_API_KEY=${await receiver.addKey('nodes', 'write:hpc1')}\n`);
});
afterEach(async () => {
  await receiver.remove();
  await site.remove();
});

test('files of three nodes are stored, sent and deleted by one run', async () => {
  const { stderr } = await site.run('run', '-v');
  expect(stderr).toContain(`Stored ${files.length} samples from ${spool}`);
  expect(readdirSync(spool)).toEqual([]);
  expect(await site.entries()).toMatchObject(files.map(() => ({ stream: 'sams/hpc1', state: 'delivered' })));
  const stored = await receiver.all<{ job_id: string; node: string }>(
    'SELECT * FROM sampled_jobs ORDER BY job_id, node',
  );
  expect(stored.map(({ job_id, node }) => `${job_id}.${node}.json`)).toEqual(files);
  const { exit, stdout } = await site.run(
    'sample',
    'report',
    '--cluster',
    'hpc1',
    '--database',
    receiver.path,
    '--by',
    'user',
    '--format',
    'csv',
  );
  expect({ exit, stdout }).toEqual({
    exit: 0,
    stdout: expect.stringMatching(/^user,jobs,cpu_seconds,share_percent\nalice,2,\S+,100\n$/),
  });
});

test('while the receiver is unavailable, samples wait in the outbox, and other files are set aside', async () => {
  await receiver.stop();
  writeFileSync(join(spool, '5.c001.json'), '{"no": "sample"}');
  writeFileSync(join(spool, 'notes.txt'), 'not ours');
  const { exit, stderr } = await site.run('run');
  expect({ exit, stderr }).toMatchObject({
    exit: 1,
    stderr: expect.stringContaining('5.c001.json is not a sample of a job: it has no sams.sampler.Core'),
  });
  expect(await site.entries('pending')).toHaveLength(files.length);
  expect(readdirSync(spool).sort()).toEqual(['notes.txt', 'unreadable']);
  expect(existsSync(join(spool, 'unreadable/5.c001.json'))).toBe(true);
});

test('a sample of 16 MiB is stored, and a larger one is set aside', async () => {
  await receiver.stop();
  const sample = readFileSync(join(spool, '69.c002.json'), 'utf8');
  const limit = 16 * 1024 ** 2;
  writeFileSync(join(spool, '7.c001.json'), sample.padEnd(limit));
  writeFileSync(join(spool, '8.c001.json'), sample.padEnd(limit + 1));
  expect((await site.run('run')).stderr).toContain(`it has ${limit + 1} bytes, and the limit is ${limit}`);
  expect(await site.entries('pending')).toHaveLength(files.length + 1);
  expect(readdirSync(join(spool, 'unreadable'))).toEqual(['8.c001.json']);
});

test('a run that was killed after it took a file: the next one stores it', async () => {
  renameSync(join(spool, '69.c002.json'), join(spool, '69.c002.json.taken'));
  expect(await site.run('run')).toMatchObject({ exit: 0 });
  expect(readdirSync(spool)).toEqual([]);
  expect(await site.entries('delivered')).toHaveLength(files.length);
  const paths = await receiver.all<{ job_id: string; node: string }>('SELECT * FROM sampled_jobs');
  expect(paths.map(({ job_id, node }) => `${job_id}.${node}.json`).sort()).toEqual(files);
});

onDisk('a directory that cannot be written: an error says so, and no run stores a file again and again', async () => {
  const disk = mountDisk(256);
  try {
    cpSync(spool, disk.path, { recursive: true });
    site.configure(
      'collector.yaml',
      `destinations: { sams: { kind: sams, url: '${receiver.url}' } }\nsamples: { spool: ${disk.path}, cluster_name: hpc1 }\n`,
    );
    disk.setReadOnly(true);
    expect(await site.run('run')).toMatchObject({
      exit: 1,
      stderr: expect.stringMatching(
        /samples stay in .*: 69\.c002\.json: .*[Rr]ead-only.*; let this user read the files/,
      ),
    });
    expect(await site.entries()).toEqual([]);
    disk.setReadOnly(false);
    expect(await site.run('run')).toMatchObject({ exit: 0 });
    expect(await site.entries('delivered')).toHaveLength(files.length);
  } finally {
    disk.remove();
  }
});

test('the report of a directory names the programs that used most', async () => {
  const { exit, stdout } = await site.run('sample', 'report', recorded, '--format', 'json');
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(exit).toBe(0);
  expect(rows[0].software).toBe('/usr/bin/python3.11');
  const execs = readdirSync(recorded).flatMap((name) =>
    Object.values(JSON.parse(readFileSync(join(recorded, name), 'utf8'))['sams.sampler.Software'].execs as object),
  );
  const total = execs.reduce(
    (sum: number, { user, system }: { user: number; system: number }) => sum + user + system,
    0,
  );
  const sum = rows.map(({ cpu_seconds }) => Number(cpu_seconds)).reduce((all, one) => all + one, 0);
  expect(sum).toBeCloseTo(total, 1);
});
