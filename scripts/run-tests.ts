/**
 * bun scripts/run-tests.ts [FILE…]
 *
 * Runs the tests. Then prints one line for each program or other requirement of a test that this machine lacks.
 */

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { skippedLines } from '../test/support/skipped.ts';

const root = join(import.meta.dir, '..');
const report = join(root, 'dist/test-report.xml');
// On a busy and slow machine, a test of a few seconds takes a minute.
const options = ['--timeout=180000', '--reporter=junit', `--reporter-outfile=${report}`];

rmSync(report, { force: true });
// Debian gives users 0002, and the collector refuses files that a group can write.
process.umask(0o022);
const { exitCode, success } = Bun.spawnSync([process.execPath, 'test', ...options, ...Bun.argv.slice(2)], {
  cwd: root,
  stdio: ['inherit', 'inherit', 'inherit'],
});
if (existsSync(report)) for (const line of skippedLines(readFileSync(report, 'utf8'))) console.log(line);
// A run that was ended by a signal has no exit code.
process.exitCode = success ? 0 : exitCode || 1;
