/** Another user takes the names of the sockets that serve as locks if no lock file can be written. */

import { afterEach, beforeEach, expect } from 'bun:test';
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needsThat } from '../support/needs.ts';
import { type SamApi, startSamApi } from '../support/sam-api.ts';
import { newSite, type Site } from '../support/site.ts';
import { type Running, start } from '../support/start.ts';

const asRoot = needsThat(
  process.getuid?.() === 0 && ['setpriv', 'perl'].every((name) => Bun.which(name) !== null),
  'root, setpriv and perl',
);

/** Binds each argument as an abstract socket and keeps it. */
const squatting = `use Socket; $| = 1;
for (@ARGV) { my $s; socket($s, AF_UNIX, SOCK_STREAM, 0) && bind($s, pack_sockaddr_un("\\0$_")) or die "$_: $!"; push @kept, $s }
print "taken\\n"; sleep`;

const words = /another user has taken the socket name @hpc-collector-0-\w+,.*find its process with: ss -xap/;

let site: Site;
let api: SamApi;
/** An outbox that no lock file can be written for, because its directory is a file. */
let unwritable: string;
let squatter: Running | null;
beforeEach(() => {
  site = newSite();
  site.localSystem('casper', { recording: 'empty-without-jobs' });
  site.configure('collector.yaml', `systems: [casper]\nfallback_directory: ${join(site.directory, 'fallback')}\n`);
  api = startSamApi();
  site.api(api.url);
  const file = join(site.directory, 'file');
  writeFileSync(file, '');
  unwritable = join(file, 'outbox.db');
  squatter = null;
});
afterEach(async () => {
  squatter?.kill('SIGKILL');
  await squatter?.ended;
  await api.stop();
  await site.remove();
});

/** The name of the socket that is used for a lock file: `collect-casper`, `drain`. */
function nameOf(lock: string): string {
  const hash = new Bun.CryptoHasher('sha256').update(`${unwritable}.${lock}-lock`).digest('hex');
  return `hpc-collector-${process.getuid?.()}-${hash}`;
}

async function squat(user: number, names: readonly string[]): Promise<void> {
  const argv = ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups', 'perl', '-e', squatting, ...names];
  squatter = start(argv, { env: { PATH: '/usr/bin:/bin' }, cwd: '/' });
  await squatter.said('taken');
}

/** Posted snapshots, without the request of `doctor`. */
const posted = () => api.posted.filter(({ headers }) => headers.has('idempotency-key'));

asRoot('is reported by doctor and health before it is needed', async () => {
  await site.run('collect', 'casper');
  expect((await site.run('doctor', 'casper')).stdout).toContain('pass  lock names: ');
  expect((await site.run('health')).stdout).not.toContain('socket name');
  await squat(65534, [nameOf('collect-casper')]);
  expect((await site.run('doctor', 'casper')).stdout).toMatch(words);
  expect(await site.run('health')).toMatchObject({ exit: 1, stdout: expect.stringMatching(words) });
});

asRoot('costs no snapshot', async () => {
  await squat(65534, [nameOf('collect-casper'), nameOf('drain')]);
  const { exit, stderr } = await site.run('run', 'casper', '--outbox', unwritable);
  expect({ exit, stderr }).toMatchObject({
    exit: 1,
    stderr: expect.stringContaining('the snapshot was posted directly'),
  });
  expect(stderr).toMatch(words);
  expect(posted()).toHaveLength(1);
});

asRoot('costs none either if a forged line of /proc/net/unix says that the socket is ours', async () => {
  const [own = ''] = readdirSync('/proc/self/fd')
    .map((name) => {
      try {
        return readlinkSync(`/proc/self/fd/${name}`);
      } catch {
        return '';
      }
    })
    .flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []);
  const name = nameOf('collect-casper');
  // A name has at most 107 bytes: the forged line must be short.
  await squat(65534, [name, `\n0: 2 0 0 1 1 ${own} @${name}`]);
  expect(await site.run('run', 'casper', '--outbox', unwritable)).toMatchObject({ exit: 1 });
  expect(posted()).toHaveLength(1);
});

asRoot('is a lock that holds if a process of the same user has it', async () => {
  await squat(0, [nameOf('collect-casper')]);
  expect(await site.run('run', 'casper', '--quiet', '--outbox', unwritable)).toMatchObject({ exit: 75, stderr: '' });
  expect(posted()).toEqual([]);
});
