/**
 * bun scripts/build-binary.ts [--all | TARGET…]
 *
 * Builds dist/hpc-collector for this machine and dist/hpc-collector-TARGET for others, and writes the checksums to
 * dist/SHA256SUMS. The same sources, lock file and commit give the same bytes in any directory.
 */

import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { version } from '../package.json';
import type { Build } from '../src/lib/version.ts';
import { buildDashboard } from './build-dashboard.ts';

const root = join(import.meta.dir, '..');
const dist = join(root, 'dist');

/**
 * Each target and the npm package of its Bun runtime, which package-lock.json pins as an optional dependency of `bun`.
 * The x64 packages have the baseline runtime (SSE4.2, no AVX). Since Bun 1.4 there is no other: `bun-linux-x64` and
 * `bun-linux-x64-baseline` are the same bytes. test/e2e/binary.test.ts runs the result on an emulated Nehalem, to
 * detect an upgrade that changes this.
 */
const targets = {
  'linux-x64-baseline': { runtime: 'bun-linux-x64', compile: 'bun-linux-x64-baseline' },
  'linux-arm64': { runtime: 'bun-linux-aarch64', compile: 'bun-linux-arm64' },
  'linux-x64-musl-baseline': { runtime: 'bun-linux-x64-musl', compile: 'bun-linux-x64-baseline-musl' },
  'linux-arm64-musl': { runtime: 'bun-linux-aarch64-musl', compile: 'bun-linux-arm64-musl' },
} as const;

type Target = keyof typeof targets;

const names = Object.keys(targets) as Target[];
const native = nativeTarget();
const built: string[] = [];

const dashboard = await buildDashboard();
for (const target of requested(Bun.argv.slice(2))) {
  const file = await build(target);
  built.push(file);
  if (target === native) smokeRun(file, target);
  console.log(`${file}  ${(Bun.file(join(dist, file)).size / 1e6).toFixed(0)} MB  ${target}`);
}
writeFileSync(join(dist, 'SHA256SUMS'), built.sort().map(checksumLine).join(''));

function requested(args: string[]): readonly Target[] {
  if (args.length === 0) return [native];
  if (args.length === 1 && args[0] === '--all') return names;
  const unknown = args.find((arg) => !names.includes(arg as Target));
  if (unknown !== undefined) fail(`unknown target ${unknown}: expected --all or ${names.join(', ')}`);
  return args as Target[];
}

async function build(target: Target): Promise<string> {
  const file = target === native ? 'hpc-collector' : `hpc-collector-${target.replace('-baseline', '')}`;
  const outfile = join(dist, file);
  mkdirSync(dist, { recursive: true });
  await Bun.build({
    entrypoints: ['src/main.ts', 'src/server/usage/worker.ts', 'src/server/usage/ingest/ingest-worker.ts'].map((path) =>
      join(root, path),
    ),
    root,
    target: 'bun',
    // Do not use minify or bytecode: both have miscompiled correct programs in this version of Bun. Bytecode would save
    // 20 ms of CPU time at each start, but executables for other processors with it have crashed, and are not run here.
    minify: false,
    bytecode: false,
    // Keep dynamic imports in separate chunks, so that a command does not parse code that it does not need.
    splitting: true,
    sourcemap: 'linked',
    plugins: [dashboard],
    define: { BUILD: JSON.stringify(provenance(target)), 'process.env.NODE_ENV': '"production"' },
    compile: {
      target: targets[target].compile,
      executablePath: await runtime(target),
      outfile,
      // Sites sign their own certificates, so trust the authorities that the host trusts.
      execArgv: ['--use-system-ca'],
      // Do not run code or read settings from the current directory.
      autoloadDotenv: false,
      autoloadBunfig: false,
      autoloadTsconfig: false,
      autoloadPackageJson: false,
    },
  });
  // Delete the separate source maps: the executable contains them and uses them.
  for (const name of readdirSync(dist))
    if (name.endsWith('.js.map') || name === `${file}.map`) rmSync(join(dist, name));
  return file;
}

function provenance(target: Target): Build {
  const git = (...args: string[]): string | null => {
    if (Bun.which('git') === null) return null;
    const ran = Bun.spawnSync(['git', '-C', root, ...args], { stderr: 'ignore' });
    return ran.success ? ran.stdout.toString().trim() : null;
  };
  // Read the commit only at the top of a checkout: an unpacked archive can be inside another repository.
  const commit = git('rev-parse', '--show-prefix') === '' ? git('rev-parse', '--short=12', 'HEAD') : null;
  return { commit, dirty: commit !== null && git('status', '--porcelain') !== '', target };
}

function nativeTarget(): Target {
  const arch = process.arch === 'arm64' ? 'linux-arm64' : 'linux-x64';
  const libc = readFileSync(process.execPath).subarray(0, 4096).includes('/ld-musl-') ? '-musl' : '';
  const target = names.find((name) => name.replace('-baseline', '') === arch + libc);
  if (process.platform !== 'linux' || target === undefined) fail('the collector is built on Linux, x64 or arm64');
  return target;
}

/**
 * Returns the path of the Bun runtime that the program is appended to. For this machine it is the runtime of this
 * script. Others are downloaded from the npm registry and verified with package-lock.json, because Bun's own download
 * verifies nothing.
 */
async function runtime(target: Target): Promise<string> {
  const { runtime: folder } = targets[target];
  const name = `@oven/${folder}`;
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const pinned: { version: string; integrity: string } = lock.packages[`node_modules/${name}`];
  if (pinned.version !== Bun.version) fail(`${name} is ${pinned.version}, but this is Bun ${Bun.version}`);
  if (target === native) return process.execPath;

  const cache = join(root, 'node_modules/.cache/bun-runtimes', `${folder}-${pinned.version}`);
  const executable = join(cache, 'bun');
  if (existsSync(executable)) return executable;
  mkdirSync(cache, { recursive: true });
  run(['npm', 'pack', '--silent', '--pack-destination', cache, `${name}@${pinned.version}`]);
  const tarball = join(cache, `oven-${folder}-${pinned.version}.tgz`);
  const bytes = readFileSync(tarball);
  if (`sha512-${createHash('sha512').update(bytes).digest('base64')}` !== pinned.integrity) {
    rmSync(cache, { recursive: true });
    fail(`${basename(tarball)} does not match its checksum in package-lock.json`);
  }
  const unpacked = await new Bun.Archive(bytes).files('package/bin/bun');
  const member = unpacked.get('package/bin/bun') ?? fail(`no bin/bun in ${basename(tarball)}`);
  await Bun.write(`${executable}.part`, member);
  chmodSync(`${executable}.part`, 0o755);
  renameSync(`${executable}.part`, executable);
  rmSync(tarball);
  return executable;
}

/** Starts the new executable and checks its version. */
function smokeRun(file: string, target: Target): void {
  const said = JSON.parse(run([join(dist, file), '--version', '--json']));
  const expected = { version, bun: Bun.version, ...provenance(target) };
  for (const [key, value] of Object.entries(expected)) {
    if (said[key] !== value) fail(`${file} --version prints ${key} ${said[key]}, expected ${value}`);
  }
}

function checksumLine(file: string): string {
  const hash = createHash('sha256').update(readFileSync(join(dist, file)));
  return `${hash.digest('hex')}  ${file}\n`;
}

function run(argv: string[]): string {
  const ran = Bun.spawnSync(argv, { stderr: 'inherit' });
  if (!ran.success) fail(`${argv.join(' ')} failed with ${ran.exitCode ?? ran.signalCode}`);
  return ran.stdout.toString();
}

function fail(message: string): never {
  console.error(`build: ${message}`);
  process.exit(1);
}
