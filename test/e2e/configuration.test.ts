/** Where settings come from, what is refused, and what never gets out. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needsThat } from '../support/needs.ts';
import { install } from '../support/playback.ts';
import { run } from '../support/run.ts';
import { refuse, type SamApi, startSamApi } from '../support/sam-api.ts';
import { binary, credentials, newSite, type Site } from '../support/site.ts';
import { start } from '../support/start.ts';

let site: Site;
let api: SamApi;
beforeEach(() => {
  site = newSite();
  api = startSamApi();
  site.localSystem('casper');
});
afterEach(async () => {
  await site.remove();
  await api.stop();
});

const { user, password } = credentials;
const login = `STATUS_API_USER=${user}\nSTATUS_API_PASSWORD=${password}\n`;

describe('a faulty setting stops the command before it starts, with the remedy', () => {
  test('an env file that others may read', async () => {
    const file = join(site.configDirectory, 'env');
    for (const mode of [0o644, 0o640, 0o604]) {
      site.api(api.url);
      chmodSync(file, mode);
      const { exit, stdout, stderr } = await site.run('run', 'casper');
      expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
      expect(stderr).toContain(`chmod 600 ${file}`);
    }
    expect(await site.entries().catch(() => [])).toEqual([]);
  });

  test.each([
    [
      'addresses that contradict each other',
      'STATUS_API_URL=https://a.example\nSAM_API_URL=https://b.example\n',
      'STATUS_API_URL and SAM_API_URL contradict each other',
    ],
    [
      'passwords that contradict each other',
      'STATUS_API_PASSWORD=one-secret\nSTATUS_API_KEY=two-secret\n',
      'STATUS_API_PASSWORD and STATUS_API_KEY contradict each other',
    ],
    ['plain HTTP to another host', 'STATUS_API_URL=http://sam.example.edu\n', 'use https'],
    ['a password in the address', 'STATUS_API_URL=https://me:one-secret@sam.example.edu\n', 'STATUS_API_PASSWORD'],
    ['an invalid address', 'STATUS_API_URL=sam.example.edu\n', 'correct STATUS_API_URL'],
    ['an invalid time-out', 'API_TIMEOUT=soon\n', 'API_TIMEOUT'],
  ])('%s', async (_, env, words) => {
    site.configure('env', env);
    const { exit, stdout, stderr } = await site.run('run', 'casper');
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toContain(words);
    expect(stderr).not.toContain('secret');
  });

  test.each([
    [
      'a mistyped setting',
      'casper.yaml',
      'scheduler_hots: null\n',
      "unknown setting 'scheduler_hots' (did you mean 'scheduler_host'?)",
    ],
    ['invalid YAML', 'casper.yaml', 'queues: [a\n', 'casper.yaml:1:10'],
    ['a host that is an option of ssh', 'casper.yaml', 'scheduler_host: -oProxyCommand=evil\n', 'is not a host name'],
    ['a mistyped setting of the collector', 'collector.yaml', 'sytems: [casper]\n', "did you mean 'systems'?"],
  ])('%s', async (_, file, text, words) => {
    site.configure(file, text);
    const { exit, stdout, stderr } = await site.run('run', 'casper');
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toContain(words);
    expect(stderr).toContain(join(site.configDirectory, file));
  });
});

describe('settings', () => {
  test('of the first collectors still work: the path in the address, SAM_ names', async () => {
    site.configure(
      'env',
      `SAM_API_URL=${api.url}/api/v1/status/\nSAM_API_USER=${user}\nSAM_API_PASSWORD=${password}\n`,
    );
    expect(await site.run('run', 'casper')).toMatchObject({ exit: 0 });
    expect(api.posted).toMatchObject([{ path: '/api/v1/status/casper' }]);
  });

  test('in the environment override the env file, under each of their names', async () => {
    site.configure('env', `STATUS_API_URL=http://127.0.0.1:1\n${login}`);
    const env = { ...site.env, SAM_API_URL: api.url };
    expect(await site.start(['run', 'casper'], { env }).ended).toMatchObject({ exit: 0 });
    expect(api.posted).toHaveLength(1);
  });

  test('permit plain HTTP with allow_insecure_http', async () => {
    site.configure('env', `STATUS_API_URL=http://sam.invalid\n${login}`);
    site.configure('collector.yaml', 'destinations: { sam: { allow_insecure_http: true } }\n');
    const { exit, stderr } = await site.run('run', 'casper', '--dry-run');
    expect(exit).toBe(0);
    expect(stderr).toContain('Would POST to http://sam.invalid/api/v1/status/casper');
  });

  test('can define a new system', async () => {
    site.api(api.url);
    site.localSystem('gust', { yaml: "system_name: gust\nqueues: [main]\ntimezone: 'America/Denver'" });
    expect(await site.run('run', 'gust')).toMatchObject({ exit: 0 });
    expect(api.posted).toMatchObject([{ path: '/api/v1/status/gust' }]);
  });
});

describe('the current directory', () => {
  test('has no effect on a run: neither its .env nor its bunfig.toml nor its configuration', async () => {
    const cwd = join(site.directory, 'hostile');
    const marker = join(site.directory, 'preload-ran');
    mkdirSync(cwd);
    for (const [file, text] of Object.entries({
      '.env': 'STATUS_API_URL=https://attacker.invalid\nXDG_STATE_HOME=/nonexistent\n',
      env: 'STATUS_API_URL=https://attacker.invalid\n',
      'collector.yaml': 'systems: [evil]\n',
      'casper.yaml': 'pbs_host: evil\n',
      'bunfig.toml': 'preload = ["./evil.cjs"]\n',
      'evil.cjs': `require('node:fs').writeFileSync(${JSON.stringify(marker)}, '');`,
    }))
      writeFileSync(join(cwd, file), text);
    install(cwd, { qstat: `#!/bin/sh\n: > ${marker}\n` });
    site.api(api.url);
    const env = { ...site.env, PATH: '.::/nonexistent' };
    expect(await site.start(['run', 'casper'], { cwd, env }).ended).toMatchObject({ exit: 0 });
    expect(api.posted).toHaveLength(1);
    expect(await Bun.file(marker).exists()).toBe(false);
  });
});

describe('secrets', () => {
  test('are in the env file and in the request, and nowhere else', async () => {
    await api.stop();
    const encoded = btoa(`${user}:${password}`);
    // An API that repeats what it was sent, as debugging proxies do.
    api = startSamApi(({ headers }) =>
      refuse(400, `bad request with ${headers.get('authorization')}, that is ${password}`)(),
    );
    site.api(api.url);
    const dump = join(site.directory, 'environment');
    install(join(site.directory, 'casper-programs'), { pbs_rstat: `#!/bin/sh\n/usr/bin/env > '${dump}'\nexit 1\n` });
    const said = [await site.run('run', 'casper', '-v'), await site.run('drain', '--now', '-v')];
    const [entry] = await site.entries();
    said.push(await site.run('outbox', 'show', entry?.id ?? '', '-v'));
    said.push(await site.run('outbox', 'show', entry?.id ?? '', '--json'));
    said.push(await site.run('outbox', 'ls', '--state', 'all', '--json'));
    const output = said.map(({ stdout, stderr }) => stdout + stderr).join('\n');
    expect(output).toContain('bad request');
    expect(output).not.toContain(password);
    expect(output).not.toContain(encoded);

    expect(readFileSync(dump, 'utf8')).toContain('LC_ALL=C');
    const everything = site.everything();
    expect(everything.split(password).length - 1, 'in the env file alone').toBe(1);
    expect(everything).not.toContain(encoded);
  });
});

describe('under cron', () => {
  const inNamespace = ['unshare', '--user', '--map-user=54321', '--map-group=54321'];
  const mayUnshare = run([...inNamespace, 'true']).exit === 0;
  const asNobodyKnown = needsThat(mayUnshare, 'leave to make a user namespace');

  asNobodyKnown('a bare PATH and a home are enough', async () => {
    const home = join(site.directory, 'cron-home');
    const config = join(home, '.config/hpc-collector');
    mkdirSync(config, { recursive: true });
    for (const file of ['casper.yaml', 'env']) {
      if (file === 'env') site.api(api.url);
      writeFileSync(join(config, file), readFileSync(join(site.configDirectory, file)));
    }
    chmodSync(join(config, 'env'), 0o600);
    const env = { PATH: '/usr/bin:/bin', HOME: home };
    expect(await start([...inNamespace, binary, 'run', 'casper'], { env, cwd: '/' }).ended).toMatchObject({ exit: 0 });
    expect(api.posted).toHaveLength(1);
    expect(await Bun.file(join(home, '.local/state/hpc-collector/outbox.db')).exists()).toBe(true);
    expect(readFileSync(join(home, '.local/state/hpc-collector/collector.log'), 'utf8')).toContain('Finished: SUCCESS');
  });

  asNobodyKnown('without a home and an entry in passwd, it says what to set', async () => {
    const { exit, stdout, stderr } = await start([...inNamespace, binary, 'run', 'casper'], {
      env: { PATH: '/usr/bin:/bin' },
      cwd: '/',
    }).ended;
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toBe('hpc-collector: cannot determine your home directory: set HOME or XDG_CONFIG_HOME\n');
  });
});
