/** Filesystems that an outbox may lie on, and what `health` and `doctor` say of them. */

import { afterEach, beforeEach, expect } from 'bun:test';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { mountDisk, onDisk } from '../support/disk.ts';
import { temporaryDirectory } from '../support/files.ts';
import { needs, needsThat } from '../support/needs.ts';
import { run } from '../support/run.ts';
import { startSamApi } from '../support/sam-api.ts';
import { newSite, type Site } from '../support/site.ts';

let site: Site;
beforeEach(() => {
  site = newSite();
  site.localSystem('casper');
});
afterEach(() => site.remove());

const doctorOf = async (outbox: string, name: string) => {
  const { stdout } = await site.run('doctor', 'casper', '--json', '--outbox', outbox);
  const findings = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, string | null>);
  return findings.find((finding) => finding.name === name);
};

onDisk('little room is a warning, and less is critical', async () => {
  const disk = mountDisk(300 * 1024);
  try {
    const outbox = join(disk.path, 'state/outbox.db');
    await site.run('collect', 'casper', '--outbox', outbox);
    expect(await site.run('health', '--outbox', outbox)).toMatchObject({ exit: 0 });
    disk.fill(200 * 1024 ** 2);
    const warned = await site.run('health', '--outbox', outbox);
    expect(warned).toMatchObject({
      exit: 1,
      stdout: expect.stringMatching(/WARNING: .*200 MiB.* \| .*disk_free=\d+B/),
    });
    disk.fill(20 * 1024 ** 2);
    expect(await site.run('health', '--outbox', outbox)).toMatchObject({ exit: 2 });
    expect((await doctorOf(outbox, 'outbox space'))?.result).not.toBe('pass');
  } finally {
    disk.remove();
  }
});

const mayMount = Bun.which('bindfs') === null ? needs('bindfs') : needsThat(process.getuid?.() === 0, 'root');

mayMount('a network filesystem, as home directories are, works, and is a warning', async () => {
  const temporary = temporaryDirectory();
  const [below, mounted] = [join(temporary.path, 'below'), join(temporary.path, 'mounted')];
  for (const directory of [below, mounted]) mkdirSync(directory);
  // To statfs(2) this is what sshfs and gluster are: FUSE.
  expect(run(['bindfs', below, mounted])).toMatchObject({ exit: 0 });
  const api = startSamApi();
  site.api(api.url);
  try {
    const outbox = join(mounted, 'state/outbox.db');
    expect(await site.run('run', 'casper', '--outbox', outbox)).toMatchObject({ exit: 0 });
    expect(api.posted).toHaveLength(1);
    const { exit, stdout } = await site.run('health', '--outbox', outbox);
    expect({ exit, stdout }).toMatchObject({
      exit: 1,
      stdout: expect.stringMatching(/^HPC-COLLECTOR WARNING: .*FUSE/),
    });
    expect(await doctorOf(outbox, 'outbox filesystem')).toMatchObject({ result: 'warn' });
  } finally {
    run(['umount', '--lazy', mounted]);
    temporary.remove();
    await api.stop();
  }
});
