/** What the executable promises of itself, whatever its commands do: it is copied to a host and runs. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { version } from '../../package.json';
import { needs, needsThat } from '../support/needs.ts';
import { run } from '../support/run.ts';

const binary = join(import.meta.dir, '../../dist/hpc-collector');
const glibc = !run(['ldd', binary]).stdout.includes('musl');
const onGlibc = glibc ? needs('readelf') : needsThat(false, 'glibc');

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'hpc-collector-binary-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('version', () => {
  test('for people', () => {
    expect(run([binary, '--version'])).toEqual({
      exit: 0,
      stdout: expect.stringMatching(/^hpc-collector \S+ \(.+, linux-\S+, Bun \S+\)\n$/),
      stderr: '',
    });
  });

  test('for programs', () => {
    const said = JSON.parse(run([binary, '--version', '--json']).stdout);
    expect(said).toEqual({
      name: 'hpc-collector',
      version,
      commit: said.commit === null ? null : expect.stringMatching(/^[0-9a-f]{12}$/),
      dirty: expect.any(Boolean),
      target: expect.stringMatching(/^linux-/),
      bun: Bun.version,
    });
  });
});

describe('needs of the host', () => {
  onGlibc('no library but the C library’s own', () => {
    const dynamic = run(['readelf', '--dynamic', '--wide', binary]).stdout;
    const libraries = [...dynamic.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map((match) => match[1]);
    expect(libraries).toContain('libc.so.6');
    for (const library of libraries) {
      expect(library).toMatch(
        /^(libc\.so\.6|libm\.so\.6|lib(dl|rt)\.so\.[12]|libpthread\.so\.0|ld-linux-.*\.so\.[12])$/,
      );
    }
  });

  onGlibc('no C library newer than 2.17, of RHEL 7', () => {
    const info = run(['readelf', '--version-info', '--wide', binary], { env: { LC_ALL: 'C' } }).stdout;
    const [, needed = ''] = info.split('Version needs section');
    const versions = [...needed.matchAll(/Name: (\S+)/g)].map((match) => match[1] ?? '');
    expect(versions).not.toBeEmpty();
    const tooNew = (name: string) => !/^GLIBC_2\.(\d|1[0-7])(\.\d+)?$/.test(name);
    expect(versions.filter(tooNew)).toEqual([]);
  });

  const onX64 = process.arch === 'x64' ? needs('qemu-x86_64') : needsThat(false, 'an x64 host');

  onX64('no processor newer than Nehalem, of 2008', () => {
    expect(run(['qemu-x86_64', '-cpu', 'Nehalem', binary, '--version'])).toMatchObject({
      exit: 0,
      stdout: run([binary, '--version']).stdout,
    });
  });

  test('no more than 0.6 GB of address space, for a login host’s ulimit -v', () => {
    const limited = (kilobytes: number) =>
      run(['sh', '-c', `ulimit -v ${kilobytes}; exec "$0" --version`, binary]).exit;
    expect(limited(600_000)).toBe(0);
    expect(limited(60_000)).not.toBe(0);
  });
});

describe('an otherwise empty host', () => {
  const inside = [
    'unshare',
    ...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']),
    '--mount',
    '--pid',
    '--fork',
  ];
  const mayMount = run([...inside, '--mount-proc', 'true']).exit === 0;
  const onEmptyHost = mayMount ? test : needsThat(false, 'leave to mount /proc in a namespace');
  let root: string;

  beforeAll(() => {
    root = join(scratch, 'root');
    mkdirSync(join(root, 'proc'), { recursive: true });
    copyFileSync(binary, join(root, 'hpc-collector'));
    for (const [library] of run(['ldd', binary]).stdout.matchAll(/\/\S+/g)) {
      mkdirSync(join(root, dirname(library)), { recursive: true });
      copyFileSync(library, join(root, library));
    }
  });

  const runInside = (...argv: string[]) =>
    run([...inside, `--root=${root}`, '--wd=/', '--mount-proc', ...argv], { env: { PATH: process.env.PATH ?? '' } });

  onEmptyHost('is enough: no shell, no Node, no /etc, no /tmp', () => {
    expect(runInside('/hpc-collector', '--version')).toEqual({
      exit: 0,
      stdout: run([binary, '--version']).stdout,
      stderr: '',
    });
  });

  onEmptyHost('is really empty', () => {
    expect(runInside('/bin/sh', '-c', 'true').exit).not.toBe(0);
    expect(['bin', 'usr', 'etc', 'tmp', 'dev'].filter((name) => existsSync(join(root, name)))).toEqual([]);
  });
});

describe('a hostile current directory', () => {
  const seen = 'STATUS_API_URL as the program sees it:';
  let cwd: string;
  let marker: string;
  let probe: string;

  beforeAll(async () => {
    cwd = join(scratch, 'hostile');
    marker = join(cwd, 'preload-ran');
    // The one way to look into the program is the one that its caller, not the directory, has: BUN_OPTIONS.
    probe = join(scratch, 'probe.cjs');
    await Bun.write(probe, `console.error('${seen} ' + process.env.STATUS_API_URL);`);
    await Bun.write(join(cwd, 'evil.cjs'), `require('node:fs').writeFileSync(${JSON.stringify(marker)}, '');`);
    await Bun.write(join(cwd, 'bunfig.toml'), 'preload = ["./evil.cjs"]\n');
    await Bun.write(join(cwd, '.env'), 'STATUS_API_URL=https://attacker.invalid\n');
    await Bun.write(join(cwd, 'nothing.cjs'), '');
  });

  const runThere = (...argv: string[]) => {
    rmSync(marker, { force: true });
    const { exit, stderr } = run(argv, { cwd, env: { BUN_OPTIONS: `--preload ${probe}` } });
    return { exit, stderr: stderr.trim(), preloaded: existsSync(marker) };
  };

  test('has no effect', () => {
    expect(runThere(binary, '--version')).toEqual({ exit: 0, stderr: `${seen} undefined`, preloaded: false });
  });

  test('has an effect on a program that is built without the flags', () => {
    expect(runThere(process.execPath, 'nothing.cjs')).toEqual({
      exit: 0,
      stderr: `${seen} https://attacker.invalid`,
      preloaded: true,
    });
  });

  test('has an effect on a program that is built by default', async () => {
    const outfile = join(scratch, 'careless');
    await Bun.build({ entrypoints: [join(cwd, 'nothing.cjs')], target: 'bun', compile: { outfile } });
    expect(runThere(outfile)).toMatchObject({ exit: 0, preloaded: true });
  });
});
