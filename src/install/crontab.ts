import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ProgramResult, runProgram } from '../exec/local-program.ts';
import { OperatorError } from '../lib/errors.ts';

/**
 * Reads the user's crontab, one character for each byte, whatever its encoding; empty if there is none. Throws
 * OperatorError.
 */
export async function readCrontab(): Promise<string> {
  const result = await runProgram(['crontab', '-l']);
  if (result.kind === 'done') return result.output.toString('latin1');
  if (/^(crontab: )?no crontab for/im.test(result.stderr)) return '';
  throw failed(result);
}

/** Replaces the user's crontab; an empty one is removed. Throws OperatorError. */
export async function writeCrontab(crontab: string): Promise<void> {
  if (crontab === '') {
    const removed = await runProgram(['crontab', '-r']);
    if (removed.kind === 'failed') throw failed(removed);
    return;
  }
  const file = join(tmpdir(), `hpc-collector-crontab-${Bun.randomUUIDv7()}`);
  try {
    writeFileSync(file, crontab, { encoding: 'latin1', mode: 0o600, flag: 'wx' });
    const result = await runProgram(['crontab', file]);
    if (result.kind === 'failed') throw failed(result);
  } finally {
    rmSync(file, { force: true });
  }
}

/** Converts our text to the byte-wise form of `readCrontab`. */
export function asBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function failed({ reason }: Extract<ProgramResult, { kind: 'failed' }>): OperatorError {
  return new OperatorError(
    `the crontab is unchanged: ${reason}; if there is no cron, use: hpc-collector install systemd`,
  );
}
