/**
 * node scripts/set-up.mjs
 *
 * Installs the packages of package-lock.json if they are not installed, and reports progress and failures. It is
 * JavaScript for Node, because TypeScript needs Bun, which this script installs. Its syntax is old enough that an old
 * Node can print the message about its version.
 */

import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const lockFile = join(root, 'package-lock.json');
const installed = join(root, 'node_modules/.installed-lock.json');
const neededNode = 20;

/** Error codes of npm and the system, with the reason and the remedy. The first row that matches decides. */
const causes = [
  [
    /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT)\b/,
    'the npm registry cannot be reached: connect this machine to the network, or set a proxy: npm config set proxy URL',
  ],
  [
    /\b(SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|CERT_\w+|DEPTH_ZERO_\w+)\b/,
    "the registry's certificate is not trusted: set NODE_EXTRA_CA_CERTS to the file of your site's authority",
  ],
  [
    /\b(EACCES|EPERM|EROFS)\b/,
    'a directory cannot be written: set HOME, or npm_config_cache, to a directory that you can write',
  ],
  [/\b(ENOSPC|EDQUOT)\b/, 'the disk is full, or your quota is used up: npm needs about 1 GB'],
];

if (Number(process.versions.node.split('.')[0]) < neededNode) {
  // Debian 12 has Node 18. The npm package needs no root.
  fail(
    `this is Node ${process.versions.node}, and Node ${neededNode} or newer is needed: see https://nodejs.org, or install it ` +
      'with: npm install --prefix ~/node node@22 && export PATH=~/node/node_modules/node/bin:$PATH',
  );
}
if (!isInstalled()) {
  console.error('Installing the packages of package-lock.json (about 600 MB, once; it takes a minute or more) …');
  // Retry an unreachable registry once, because npm's default takes minutes.
  const retries = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=2000'];
  run('npm', ['ci', '--ignore-scripts', '--bin-links', '--include=dev', '--include=optional', ...retries]);
  run(process.execPath, ['node_modules/bun/install.js']);
  copyFileSync(lockFile, installed);
  console.error('Installed. Building …');
}

function isInstalled() {
  try {
    return readFileSync(lockFile).equals(readFileSync(installed));
  } catch {
    return false;
  }
}

/**
 * Runs a program; ends this script with the reason if it fails.
 * @param {string} program
 * @param {readonly string[]} args
 */
function run(program, args) {
  const { status, error, stderr, stdout } = spawnSync(program, args, { cwd: root, encoding: 'utf8' });
  if (status === 0) return;
  const said = `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`.trim();
  console.error(said.split('\n').slice(-15).join('\n'));
  const known = causes.find(([codes]) => codes.test(said));
  fail(`${program} ${args[0]} failed: ${known ? known[1] : 'see its output above'}`);
}

/**
 * @param {string} why
 */
function fail(why) {
  console.error(`Cannot install: ${why}`);
  process.exit(1);
}
