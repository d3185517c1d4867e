import { accessSync, constants, existsSync, type Stats, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { sameHost } from '../exec/host-name.ts';
import { messageOf, OperatorError } from '../lib/errors.ts';
import { networkFilesystem } from '../lib/filesystem-type.ts';
import { printable } from '../lib/text.ts';
import { type Inspection, inspect } from '../outbox/inspect.ts';
import { problemWithOthers } from '../outbox/others.ts';
import { isDamage } from '../outbox/recovery/damage.ts';
import { refuseNotOutbox } from '../outbox/recovery/other-file.ts';
import { socketLockProblem } from '../outbox/socket-lock.ts';
import { spoolProblem } from '../outbox/spool/directory.ts';
import { type CheckResult, fail, pass, skip, warn } from './finding.ts';

const mebibyte = 1024 ** 2;
/** A snapshot may not fit into less free space, in bytes. */
const leastFree = 16 * mebibyte;
/** A day of snapshots may not fit into less free space, in bytes. */
const littleFree = 256 * mebibyte;

/** Checks the directory of the outbox, its filesystem and the file; changes nothing. */
export function checkOutbox(file: string, hostName: string, fallbackDirectory: string): CheckResult[] {
  const directory = dirname(file);
  const above = nearestDirectory(directory);
  return [
    checkDirectory(directory, above),
    checkFilesystem(directory, above),
    checkSpace(directory, above),
    ...checkFile(file, hostName),
    checkFallback(fallbackDirectory),
    checkLockNames(),
  ];
}

/** Returns the directory, or the existing one in which it would be created. */
function nearestDirectory(directory: string): string {
  return existsSync(directory) || directory === dirname(directory) ? directory : nearestDirectory(dirname(directory));
}

function checkDirectory(directory: string, above: string): CheckResult {
  const name = 'outbox directory';
  const stat = statSync(above);
  const problem = notWritable(above, stat);
  if (problem !== null)
    return fail(name, `${above} ${problem}`, `ls -ld ${above}; findmnt -T ${above}   # or set XDG_STATE_HOME`);
  if (above !== directory) return pass(name, `the first collection creates ${directory}`);
  const mode = (stat.mode & 0o777).toString(8);
  if (stat.uid !== process.getuid?.()) return warn(name, `${directory} belongs to another user`, `ls -ld ${directory}`);
  if ((stat.mode & 0o077) !== 0)
    return warn(name, `other users can access ${directory} (mode ${mode})`, `chmod 700 ${directory}`);
  return pass(name, `${directory} belongs to you, mode ${mode}`);
}

/** access(2) also detects a read-only filesystem. */
function notWritable(directory: string, stat: Stats): string | null {
  if (!stat.isDirectory()) return 'is not a directory';
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    return `cannot be written: ${messageOf(error)}`;
  }
}

function checkFilesystem(directory: string, above: string): CheckResult {
  const name = 'outbox filesystem';
  const network = networkFilesystem(statfsSync(above).type);
  if (network === null) return pass(name, 'is local');
  return warn(
    name,
    `${directory} is on ${network}, where file locks depend on the server: a local disk is safer`,
    'set XDG_STATE_HOME, or --outbox, to a directory on a local disk',
  );
}

function checkSpace(directory: string, above: string): CheckResult {
  const { bavail, bsize, files, ffree } = statfsSync(above);
  const free = bavail * bsize;
  const message = `${Math.floor(free / mebibyte)} MiB are free`;
  const remedy = `df -h ${above}; df -i ${above}; quota -s`;
  // Some filesystems do not count inodes and report 0 of 0.
  if (files > 0 && ffree === 0) return fail('outbox space', `no inode is free for ${directory}`, remedy);
  if (free < leastFree) return fail('outbox space', message, remedy);
  return free < littleFree ? warn('outbox space', message, remedy) : pass('outbox space', message);
}

/** Warns if the directory cannot be used (another user may have created it), before it is needed. */
function checkFallback(directory: string): CheckResult {
  const problem = spoolProblem(directory);
  if (problem === null) return pass('fallback directory', `${directory} can be used`);
  return warn('fallback directory', problem, `ls -ld ${directory}   # or set fallback_directory in collector.yaml`);
}

/** Reports a taken name before it is needed: on a full or read-only filesystem. */
function checkLockNames(): CheckResult {
  const problem = socketLockProblem();
  if (problem === null) return pass('lock names', 'no other user has taken a lock name');
  return warn('lock names', problem, 'end that process, or ask its user to end it');
}

function checkFile(file: string, hostName: string): CheckResult[] {
  if (!existsSync(file)) return [skip('outbox', `the first collection creates ${file}`)];
  try {
    const others = problemWithOthers(file);
    if (others !== null) return [fail('outbox', others, `ls -ld ${dirname(file)} ${file}`)];
    refuseNotOutbox(file);
    return findingsIn(inspect(file), file, hostName);
  } catch (error) {
    if (error instanceof OperatorError) return [fail('outbox', error.message, `ls -l ${file}`)];
    const message = `${file}: ${messageOf(error)}`;
    if (isDamage(error))
      return [fail('outbox', `${message}: the next command recovers it`, 'hpc-collector outbox recover')];
    return [fail('outbox', message, `ls -l ${file}; fuser -v ${file}`)];
  }
}

function findingsIn(inspection: Inspection, file: string, hostName: string): CheckResult[] {
  if (inspection.kind === 'newer')
    return [fail('outbox', `${file} was written by a newer version`, 'install the newer hpc-collector')];
  if (inspection.kind === 'empty') return [pass('outbox', `${file} is empty`)];
  const { host: owner, damages } = inspection;
  const latest = damages.at(-1);
  return [
    owner === null || sameHost(owner, hostName)
      ? pass('outbox host', owner === null ? 'no host has written to the outbox yet' : 'this host writes to the outbox')
      : fail(
          'outbox host',
          `${printable(owner, 100)} writes to ${file}, but this host is ${hostName}`,
          'run on that host; if it is retired: hpc-collector outbox adopt',
        ),
    latest === undefined
      ? pass('outbox damage', 'none')
      : warn(
          'outbox damage',
          `the outbox was recovered at ${latest.at}: ${printable(latest.reason, 200)}`,
          'hpc-collector outbox recover   # then: --ack',
        ),
  ];
}
