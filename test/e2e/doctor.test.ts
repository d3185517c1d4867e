/** `config init | show | check` and `doctor`, as a new user comes to them. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { quoteArgument } from '../../src/exec/quote.ts';
import { needs } from '../support/needs.ts';
import { install } from '../support/playback.ts';
import { binary, credentials, newSite, type Site } from '../support/site.ts';

let site: Site;
beforeEach(() => {
  site = newSite();
});
afterEach(() => site.remove());

type Finding = {
  readonly name: string;
  readonly result: string;
  readonly message: string;
  readonly remedy: string | null;
};

const jsonLines = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

async function doctor(...args: string[]) {
  const { exit, stdout } = await site.run('doctor', ...args, '--json');
  const findings = jsonLines(stdout) as Finding[];
  return { exit, findings, by: new Map(findings.map((finding) => [finding.name, finding])) };
}

const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8);

describe('config init', () => {
  test('writes the files to edit, readable by the owner only, and prints the next step', async () => {
    rmSync(site.configDirectory, { recursive: true });
    const { exit, stdout } = await site.run('config', 'init');
    expect(exit).toBe(0);
    expect(modeOf(site.configDirectory)).toBe('700');
    expect(modeOf(join(site.configDirectory, 'env'))).toBe('600');
    for (const file of ['env', 'collector.yaml', 'casper.yaml', 'derecho.yaml'])
      expect(stdout).toContain(`wrote     ${join(site.configDirectory, file)}`);
    expect(stdout).toMatch(/Next: set STATUS_API_USER and STATUS_API_PASSWORD in .*env, then: hpc-collector doctor/);
    expect(await site.run('config', 'check')).toMatchObject({
      exit: 0,
      stdout: expect.stringContaining('systems: casper, derecho'),
    });
  });

  test('writes the systems that are named, and enables them', async () => {
    const directory = join(site.directory, 'elsewhere');
    await site.run('config', 'init', 'derecho', '--config', directory);
    expect(readFileSync(join(directory, 'collector.yaml'), 'utf8')).toContain('systems: [derecho]');
    expect(await Bun.file(join(directory, 'casper.yaml')).exists()).toBe(false);
    expect(await site.run('config', 'init', 'derech', '--config', directory)).toMatchObject({ exit: 2 });
  });

  test('of a hub prints that it needs a token, and doctor prints where to put it', async () => {
    rmSync(site.configDirectory, { recursive: true });
    const env = join(site.configDirectory, 'env');
    const { stdout } = await site.run('config', 'init', 'jupyterhub');
    expect(stdout).toContain(`STATUS_API_PASSWORD and JUPYTERHUB_ADMIN_TOKEN in ${env}, then`);
    expect((await doctor()).by.get('configuration')).toEqual({
      name: 'configuration',
      result: 'fail',
      message: `${env}: the token for the hub is missing: set JUPYTERHUB_ADMIN_TOKEN in this file, or token_file in its YAML`,
      remedy: `vi ${env}`,
    });
  });

  test('writes a template for a new Slurm cluster, and each of its settings is valid', async () => {
    const directory = join(site.directory, 'slurm');
    const init = async (...args: string[]) => site.run('config', 'init', ...args, '--config', directory);
    const { exit, stdout } = await init('farm', '--scheduler', 'slurm');
    expect(exit).toBe(0);
    expect(stdout).toContain(
      `Next: fill in ${directory}/farm.yaml, set STATUS_API_USER and STATUS_API_PASSWORD in ${directory}/env, then: `,
    );
    expect(readFileSync(join(directory, 'collector.yaml'), 'utf8')).toContain('systems: [farm]');
    const file = join(directory, 'farm.yaml');
    const yaml = readFileSync(file, 'utf8');
    expect(yaml).toContain('system_name: farm\nscheduler: slurm\n');
    const isRight = { exit: 0, stdout: expect.stringContaining('systems: farm') };
    expect(await site.run('config', 'check', '--config', directory)).toMatchObject(isRight);
    const uncommented = yaml
      .replace(/^#(?=[a-z_]+:| {2}- \{| {2}[\w-]+: \{)/gm, '')
      .replace('/etc/hpc-collector/ssh_config', file);
    expect(uncommented.match(/^\w+:/gm)?.length).toBeGreaterThan(15);
    writeFileSync(file, uncommented);
    expect(await site.run('config', 'check', '--config', directory)).toMatchObject(isRight);

    expect(await init('frm')).toMatchObject({ exit: 2, stderr: expect.stringContaining('add --scheduler slurm') });
    expect(await init('--scheduler', 'slurm')).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('name the system'),
    });
    expect(await init('casper', '--scheduler', 'slurm')).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('built in'),
    });
    for (const name of ['collector', 'Farm', 'outage', '../farm'])
      expect(await init(name, '--scheduler', 'slurm')).toMatchObject({
        exit: 2,
        stderr: expect.stringContaining('name of a system'),
      });
  });

  test('never overwrites a file, not even a dangling symbolic link', async () => {
    site.configure('casper.yaml', 'queues: [mine]\n');
    symlinkSync('/nonexistent/env', join(site.configDirectory, 'env'));
    const { exit, stdout } = await site.run('config', 'init');
    expect(exit).toBe(0);
    expect(stdout).toContain(`unchanged ${join(site.configDirectory, 'casper.yaml')}`);
    expect(stdout).toContain(`unchanged ${join(site.configDirectory, 'env')}`);
    expect(readFileSync(join(site.configDirectory, 'casper.yaml'), 'utf8')).toBe('queues: [mine]\n');
  });
});

describe('config show', () => {
  test('shows the source of each value, and no secret', async () => {
    site.localSystem('casper');
    site.configure('env', `STATUS_API_USER=me\nSTATUS_API_PASSWORD=${credentials.password}\nSSH_TIMEOUT=7\n`);
    site.configure('collector.yaml', 'log:\n  format: json\ndestinations: { sam: { url: https://sam.example } }\n');
    const env = { ...site.env, API_TIMEOUT: '9' };
    const show = async (...args: string[]) =>
      site.start(['config', 'show', 'casper', '--log-file', '/dev/null', ...args], { env }).ended;
    const { exit, stdout } = await show('--json');
    expect(exit).toBe(0);
    const shown = new Map(jsonLines(stdout).map(({ setting, value, from }) => [setting, { value, from }]));
    const inDirectory = (file: string) => join(site.configDirectory, file);
    expect(Object.fromEntries(shown)).toMatchObject({
      config: { value: site.configDirectory, from: 'environment XDG_CONFIG_HOME' },
      outbox_file: { value: site.outbox, from: 'environment XDG_STATE_HOME' },
      'log.file': { value: '/dev/null', from: '--log-file' },
      'log.format': { value: 'json', from: `${inDirectory('collector.yaml')}:2` },
      'destinations.sam.url': { value: 'https://sam.example', from: `${inDirectory('collector.yaml')}:3` },
      'destinations.sam.user': { value: 'me', from: `${inDirectory('env')} STATUS_API_USER` },
      'destinations.sam.password': { value: '********', from: `${inDirectory('env')} STATUS_API_PASSWORD` },
      'destinations.sam.timeout': { value: '9', from: 'environment API_TIMEOUT' },
      'destinations.sam.max_per_minute': { value: 60, from: 'built-in default' },
      'casper.timeouts.connect': { value: '7', from: `${inDirectory('env')} SSH_TIMEOUT` },
      'casper.scheduler_host': { value: null, from: `${inDirectory('casper.yaml')}:1` },
      'casper.mounts.campaign': { value: '/glade/campaign', from: `${inDirectory('casper.yaml')}:4` },
      'casper.mounts.work': { value: '/glade/work', from: expect.stringMatching(/^the built-in casper.yaml:\d+$/) },
      'casper.on_failed_probe': { value: 'last-known', from: 'built-in default' },
    });
    const text = await show();
    expect(text.stdout).toMatch(/^destinations\.sam\.password +\*{8} +\S+env STATUS_API_PASSWORD$/m);
    expect(stdout + text.stdout + text.stderr).not.toContain(credentials.password);
  });
});

test('config show masks the token of a hub, and not the path of its file', async () => {
  site.configure('jupyterhub.yaml', 'url: https://hub.example\ntoken_file: /etc/hub-token\n');
  site.configure('env', 'JUPYTERHUB_ADMIN_TOKEN=a-token-of-a-hub\n');
  const { stdout } = await site.run('config', 'show', 'jupyterhub');
  expect(stdout).toMatch(/^jupyterhub\.token +\*{8} /m);
  expect(stdout).toMatch(/^jupyterhub\.token_file +\/etc\/hub-token /m);
  expect(stdout).not.toContain('a-token-of-a-hub');
});

describe('config check', () => {
  test('names everything at once, with file, line and column, and ends with 2', async () => {
    site.configure('collector.yaml', 'sytems: []\nlog: { format: xml }\n');
    site.configure('casper.yaml', 'load_as: fast\nqueues:\n  - [x]\n');
    const { exit, stdout } = await site.run('config', 'check');
    expect(exit).toBe(2);
    for (const line of [
      "collector.yaml:1:1: unknown setting 'sytems' (did you mean 'systems'?)",
      'collector.yaml:2:16: log.format: must be text or json',
      'casper.yaml:1:10: load_as: must be raw or percent',
      'casper.yaml:3:5: queues.0: ',
    ])
      expect(stdout).toContain(join(site.configDirectory, line));
    expect(stdout).toContain('4 problems in');
    const { stdout: json } = await site.run('config', 'check', '--json');
    expect(jsonLines(json)).toHaveLength(4);
    expect(jsonLines(json)[0]).toMatchObject({
      file: join(site.configDirectory, 'collector.yaml'),
      line: 1,
      column: 1,
    });
  });

  test('every command names the position of the error', async () => {
    site.configure('casper.yaml', 'queues: []\nload_as: fast\n');
    const { exit, stderr } = await site.run('run', 'casper');
    expect(exit).toBe(2);
    expect(stderr).toContain(`${join(site.configDirectory, 'casper.yaml')}:2:10: load_as: `);
  });
});

describe('doctor', () => {
  test('needs no configuration, and prints the first step', async () => {
    rmSync(site.configDirectory, { recursive: true });
    const { exit, stdout, stderr } = await site.run('doctor');
    expect({ exit, stderr }).toEqual({ exit: 1, stderr: '' });
    expect(stdout).toContain(`warn  configuration: there is no configuration in ${site.configDirectory} yet\n`);
    expect(stdout).toContain('      → hpc-collector config init\n');
    expect(stdout).toEndWith('\n\nNext: hpc-collector config init\n');
    expect(statSync(site.configDirectory, { throwIfNoEntry: false })).toBeUndefined();
    expect(statSync(site.outbox, { throwIfNoEntry: false })).toBeUndefined();
  });

  test('passes after init and an edit, and then run works', async () => {
    const { url } = await site.serve();
    rmSync(site.configDirectory, { recursive: true });
    await site.run('config', 'init', 'casper');
    site.localSystem('casper');
    const env = readFileSync(join(site.configDirectory, 'env'), 'utf8')
      .replace(/^STATUS_API_URL=.*$/m, `STATUS_API_URL=${url}`)
      .replace(/^STATUS_API_USER=.*$/m, `STATUS_API_USER=${credentials.user}`)
      .replace(/^STATUS_API_PASSWORD=.*$/m, `STATUS_API_PASSWORD=${credentials.password}`);
    site.configure('env', env);
    const { exit, findings, by } = await doctor();
    expect(findings.filter(({ result }) => result === 'fail')).toEqual([]);
    expect(exit).toBe(0);
    const passed = findings.filter(({ result }) => result === 'pass').map(({ name }) => name);
    for (const name of ['configuration', 'env file', 'credentials', 'systems', 'casper pbsnodes', 'casper qstat'])
      expect(passed).toContain(name);
    for (const name of ['casper pbs_rstat', 'casper df', 'casper ssh here', 'API', 'clock', 'authentication'])
      expect(passed).toContain(name);
    expect(by.get('cron')?.result).toBe('skip');
    expect(await site.run('run')).toMatchObject({ exit: 0 });
    const after = await doctor();
    expect(after.by.get('outbox host')?.result).toBe('pass');
    // Its request stored nothing.
    const headers = { Authorization: `Basic ${btoa(`${credentials.user}:${credentials.password}`)}` };
    expect((await fetch(`${url}/api/v1/status/casper/latest`, { headers })).status).toBe(200);
    expect((await fetch(`${url}/api/v1/status/derecho/latest`, { headers })).status).toBe(404);
    const text = await site.run('doctor');
    expect(text.stdout).toEndWith('\n\nNext: hpc-collector run\n');
    expect(text.stdout).not.toContain(credentials.password);
  });

  test('exits with 1 if a check fails, and each failure has its remedy', async () => {
    const programs = site.localSystem('casper');
    rmSync(join(programs, 'pbs_rstat'));
    site.configure('collector.yaml', 'systems: [casper]\n');
    const { url } = await site.serve();
    site.configure('env', `STATUS_API_URL=${url}\nSTATUS_API_USER=collector\nSTATUS_API_PASSWORD=wrong-password\n`);
    mkdirSync(join(site.outbox, '..'), { recursive: true });
    chmodSync(join(site.outbox, '..'), 0o700);
    writeFileSync(site.outbox, 'no database at all, and long enough to see that it is none'.repeat(50));
    const { exit, findings, by } = await doctor();
    expect(exit).toBe(1);
    expect(by.get('casper pbs_rstat')).toMatchObject({
      result: 'fail',
      remedy: expect.stringContaining('search_path'),
    });
    expect(by.get('authentication')).toMatchObject({
      result: 'fail',
      remedy: `vi ${join(site.configDirectory, 'env')}`,
    });
    expect(by.get('outbox')).toMatchObject({
      result: 'fail',
      message: expect.stringContaining('is not an outbox'),
      remedy: `ls -l ${site.outbox}`,
    });
    for (const { result, remedy } of findings) expect(remedy === null).toBe(result === 'pass' || result === 'skip');
    expect(readFileSync(site.outbox, 'utf8')).toStartWith('no database at all');
  });

  test('goes on if the configuration is faulty, and names each problem with its remedy', async () => {
    site.configure('collector.yaml', 'sytems: []\n');
    site.api('http://127.0.0.1:1');
    chmodSync(join(site.configDirectory, 'env'), 0o644);
    const { exit, findings } = await doctor();
    expect(exit).toBe(1);
    const mends = findings.filter(({ name }) => name === 'configuration').map(({ remedy }) => remedy);
    expect(mends).toEqual([
      `chmod 600 ${join(site.configDirectory, 'env')}`,
      `vi +1 ${join(site.configDirectory, 'collector.yaml')}`,
    ]);
    expect(findings.some(({ name }) => name === 'outbox space')).toBe(true);
  });

  test('finds the line in the crontab', async () => {
    const programs = join(site.directory, 'cron-programs');
    install(programs, { crontab: `#!/bin/sh\necho ${quoteArgument(`*/5 * * * * ${binary} -q run casper`)}\n` });
    site.env.PATH = programs;
    expect((await doctor()).by.get('cron')).toMatchObject({ result: 'pass' });
  });

  needs('prlimit')('sees the limit of the address space', async () => {
    const argv = (bytes: string) => ['prlimit', `--as=${bytes}`, binary, 'doctor', '--json'];
    const found = (bytes: string) => {
      const { stdout } = Bun.spawnSync(argv(bytes), { stdin: 'ignore', env: { ...site.env, PATH: '/usr/bin:/bin' } });
      return (jsonLines(stdout.toString()) as Finding[]).find(({ name }) => name === 'address space')?.result;
    };
    expect(found('590000000')).toBe('fail');
    expect(found('4000000000')).toBe('pass');
  });
});
