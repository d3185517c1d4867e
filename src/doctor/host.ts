import { existsSync, readFileSync } from 'node:fs';
import type { Executor } from '../exec/command.ts';
import { readText } from '../exec/read-text.ts';
import { systemctl, systemctlCommand } from '../exec/systemctl.ts';
import type { Task } from '../install/systemd.ts';
import { type CheckResult, fail, pass, skip, warn } from './finding.ts';

/** Address space that the runtime reserves at its start, in bytes. */
const neededAddressSpace = 600e6;

/** Checks that the resource limits leave enough address space. Takes the text of /proc/self/limits (proc(5)). */
export function checkAddressSpace(limits = readLimits()): CheckResult {
  const name = 'address space';
  const soft = /^Max address space +(\S+)/m.exec(limits ?? '')?.[1];
  if (soft === undefined) return skip(name, 'this host does not report its limit');
  if (soft === 'unlimited') return pass(name, 'unlimited');
  const message = `limited to ${(Number(soft) / 1e9).toFixed(1)} GB`;
  if (Number(soft) >= neededAddressSpace) return pass(name, message);
  return fail(name, `${message}, but 0.6 GB is needed`, 'ulimit -v unlimited   # or in limits.conf: as unlimited');
}

function readLimits(): string | null {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return null;
  }
}

const name = 'cron';

/** Checks that cron or a systemd timer starts a task. */
export async function checkSchedule(
  executor: Executor,
  task: Task,
  systemFile = '/etc/cron.d/hpc-collector',
): Promise<CheckResult> {
  const cron = await checkCron(executor, task, systemFile);
  return cron.result === 'pass' ? cron : ((await checkTimer(task)) ?? cron);
}

/** Returns null if neither the user nor the system has a timer of ours. */
async function checkTimer(task: Task): Promise<CheckResult | null> {
  const timerUnit = `${task.name}.timer`;
  const managers = process.getuid?.() === 0 ? (['system'] as const) : (['user', 'system'] as const);
  for (const manager of managers) {
    const active = await systemctl(manager, ['is-active', timerUnit]);
    if (active.kind === 'done') return pass(name, `not needed: the systemd timer ${timerUnit} is active`);
    const enabled = await systemctl(manager, ['is-enabled', timerUnit]);
    const enable = systemctlCommand(manager, ['enable', '--now', timerUnit]).join(' ');
    if (enabled.kind === 'done') return warn(name, `the systemd timer ${timerUnit} is enabled but not active`, enable);
  }
  return null;
}

/** Checks that the user's crontab, or a file of the system's cron, starts the task. */
async function checkCron(
  executor: Executor,
  { command: called, installation: install }: Task,
  systemFile: string,
): Promise<CheckResult> {
  if (existsSync(systemFile)) return pass(name, `${systemFile} exists`);
  const command = {
    argv: ['crontab', '-l'],
    host: null,
    via: null,
    timeoutSeconds: 10,
    maxOutputBytes: 1024 ** 2,
  } as const;
  const result = await readText(executor, command);
  if (result.kind === 'failed') {
    if (result.ending.kind === 'not-found') return skip(name, 'crontab is not installed on this host');
    // The message of crontab, with exit code 1, if the user has none.
    const hasNone = result.ending.kind === 'exited' && /no crontab for/.test(result.ending.stderr);
    return warn(name, hasNone ? 'you have no crontab' : result.reason, install);
  }
  const isOurs = new RegExp(`^\\s*[^#\\s].*hpc-collector.*\\s${called}\\b`);
  const line = result.text.split('\n').find((one) => isOurs.test(one));
  if (line === undefined) return warn(name, `no line of your crontab has hpc-collector ${called}`, install);
  return pass(name, line.trim().slice(0, 120));
}
