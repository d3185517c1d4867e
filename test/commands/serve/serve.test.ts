/** `serve`: the options of the receiver from flags and environment, and the lines of its log. */

import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '../../../src/lib/errors.ts';
import * as signals from '../../../src/run/signals.ts';
import { addKey } from '../../../src/server/auth/keys.ts';
import type { Scope } from '../../../src/server/auth/scope.ts';
import { addUser } from '../../../src/server/auth/users.ts';
import * as receivers from '../../../src/server/receiver.ts';
import { receiverSite } from './site.ts';

let site: ReturnType<typeof receiverSite>;
let stopped: number;
let reloads: (() => void)[];
/** What a receiver does that reads its certificate again. */
let reloadTls: () => void;
let spies: { mockRestore(): void }[];
let startReceiver: ReturnType<typeof spyOn<typeof receivers, 'startReceiver'>>;
let onStop: ReturnType<typeof spyOn<AbortSignal, 'addEventListener'>>;
beforeEach(() => {
  site = receiverSite();
  stopped = 0;
  reloads = [];
  reloadTls = () => {};
  startReceiver = spyOn(receivers, 'startReceiver').mockImplementation(async ({ log }) => {
    log?.('a line of the receiver', 'error');
    return {
      url: 'http://127.0.0.1:1',
      reloadTls: () => reloadTls(),
      stop: async () => {
        stopped += 1;
      },
    };
  });
  // The signal to stop comes at once, and HUP before it.
  onStop = spyOn(signals.stopSignal, 'addEventListener').mockImplementation((_: string, stop: unknown) => {
    for (const reload of reloads) reload();
    if (typeof stop === 'function') stop();
  });
  spies = [
    startReceiver,
    onStop,
    spyOn(signals, 'reloadOnHangUp').mockImplementation((reload) => void reloads.push(reload)),
  ];
});
afterEach(() => {
  for (const spy of spies) spy.mockRestore();
  site.remove();
});

/** Runs `serve` until it is stopped; returns the options of the receiver, and the log without times. */
async function served(flags: readonly string[] = [], variables: Readonly<Record<string, string>> = {}) {
  const { exit, stdout, stderr } = await site.serveWith(variables, ...flags);
  expect({ exit, stdout, stopped }).toEqual({ exit: 0, stdout: '', stopped: 1 });
  const [options] = startReceiver.mock.calls.at(-1) ?? [];
  return {
    options,
    lines: stderr
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/^\[[^\]]*\] /, '')),
  };
}

describe('the receiver', () => {
  test('without flags listens on loopback, without TLS, and reads nothing of others', async () => {
    const { options } = await served();
    expect(options).toEqual({
      hostname: '127.0.0.1',
      port: 5050,
      database: join(site.directory, 'hpc-collector/receiver.db'),
      settings: expect.any(Object),
      ingest: { environmentKeys: [], origins: new Set(), maxBodyBytes: 64 * 1024 ** 2 },
      tls: null,
      isBehindProxy: false,
      isPublic: false,
      anonymisesUsers: false,
      log: expect.any(Function),
    });
  });

  test('gets every flag, and the keys and origins of the environment', async () => {
    const key = 'k'.repeat(43);
    const { options, lines } = await served(
      [
        ...['--listen', '0.0.0.0:443', '--database', site.database, '--tls-cert', '/c.pem', '--tls-key', '/k.pem'],
        ...['--behind-proxy', '--public', '--anonymise-users', '--max-ingest-mib', '1'],
      ],
      { API_KEYS: key, CORS_ORIGINS: 'https://a.example.org' },
    );
    expect(options).toMatchObject({
      hostname: '0.0.0.0',
      port: 443,
      database: site.database,
      ingest: { environmentKeys: [key], origins: new Set(['https://a.example.org']), maxBodyBytes: 1024 ** 2 },
      tls: { certificate: '/c.pem', key: '/k.pem' },
      isBehindProxy: true,
      isPublic: true,
      anonymisesUsers: true,
    });
    expect(lines).toContain('INFO [receiver] Read /c.pem again');
  });

  test('gets the settings in receiver.yaml', async () => {
    const usual = await served();
    writeFileSync(join(site.directory, 'receiver.yaml'), 'facility: { name: Ours }\n');
    stopped = 0;
    const other = await served(['--config', site.directory]);
    expect(other.options?.settings).not.toEqual(usual.options?.settings);
  });

  test.each(['--tls-cert', '--tls-key'])('needs both files for TLS, not %s alone', async (flag) => {
    expect(await site.serve(flag, '/x.pem')).toEqual({
      exit: 2,
      stdout: '',
      stderr: 'hpc-collector: TLS needs a certificate and its key: give --tls-cert and --tls-key.\n',
    });
  });

  test('takes 1 to 1024 MiB of jobs at once', async () => {
    for (const mebibytes of ['0', '1025', '1.5', '1e2', '-1', 'all', '']) {
      expect(await site.serve(`--max-ingest-mib=${mebibytes}`)).toEqual({
        exit: 2,
        stdout: '',
        stderr: `hpc-collector: --max-ingest-mib ${mebibytes}: give a number from 1 to 1024\n`,
      });
    }
    const { options } = await served(['--max-ingest-mib', '1024']);
    expect(options?.ingest?.maxBodyBytes).toBe(1024 ** 3);
  });
});

describe('the log', () => {
  const noUser = 'No snapshots can be received yet: add a user with: hpc-collector serve user add NAME';
  const noKey = 'No jobs can be received yet: add a key with: hpc-collector serve key add NAME --cluster CLUSTER';
  const lines = async (...flags: string[]) => (await served(flags)).lines;
  const all = (...hints: string[]) => [
    'ERROR [receiver] a line of the receiver',
    'INFO [receiver] Listening on http://127.0.0.1:1',
    ...hints,
    'INFO [receiver] Stopped',
  ];
  const options = () => ['--database', site.database];
  const user = (...scopes: Scope[]) => addUser(site.database, 'ada', 'a long password', scopes);
  const key = (...scopes: Scope[]) => addKey(site.database, 'derecho', scopes);

  test('warns of a receiver that can receive nothing, with the database if it is named', async () => {
    expect(await lines()).toEqual(all(`WARNING [receiver] ${noUser}`, `WARNING [receiver] ${noKey}`));
    stopped = 0;
    expect(await lines(...options())).toEqual(
      all(
        `WARNING [receiver] ${noUser} --database ${site.database}`,
        `WARNING [receiver] ${noKey} --database ${site.database}`,
      ),
    );
  });

  test.each<Scope>(['admin', 'write:derecho', 'write:*'])('has one hint for a user with %s', async (scope) => {
    await user('read', scope);
    expect(await lines(...options())).toEqual(all(`INFO [receiver] ${noKey} --database ${site.database}`));
  });

  test('has no hint for a key that may write, which is for snapshots and jobs', async () => {
    await key('write:derecho');
    expect(await lines(...options())).toEqual(all());
  });

  test('warns if no user and no key may write', async () => {
    await user('read', 'outages', 'read:names');
    await key('read');
    const [, , first, second] = await lines(...options());
    expect([first, second]).toEqual([
      `WARNING [receiver] ${noUser} --database ${site.database}`,
      `WARNING [receiver] ${noKey} --database ${site.database}`,
    ]);
  });

  test('has one hint for a key in the environment, which is for jobs only', async () => {
    const { lines: found } = await served(options(), { API_KEYS: 'k'.repeat(43) });
    expect(found).toEqual(all(`INFO [receiver] ${noUser} --database ${site.database}`));
  });

  test('names a certificate that cannot be read again', async () => {
    reloadTls = () => {
      throw new OperatorError('/c.pem is not PEM');
    };
    expect(await lines('--tls-cert', '/c.pem', '--tls-key', '/k.pem')).toContain(
      'ERROR [receiver] The old certificate stays in use: /c.pem is not PEM',
    );
  });

  test('has nothing of a certificate without TLS', async () => {
    await lines();
    expect(reloads).toEqual([]);
  });

  test('ends when the signal to stop comes, once', async () => {
    await lines();
    expect(onStop.mock.calls).toEqual([['abort', expect.any(Function), { once: true }]]);
  });
});
