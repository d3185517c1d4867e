import { about, versionLine } from './lib/version.ts';

const args = process.argv.slice(2);

if (args[0] === '--version') {
  console.log(args[1] === '--json' ? JSON.stringify(about) : versionLine());
} else {
  console.error('usage: hpc-collector --version [--json]');
  process.exitCode = 2;
}
