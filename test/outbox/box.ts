import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createConsola } from 'consola';
import type { Log } from '../../src/lib/log.ts';
import type { Attempt, ForeignEntry } from '../../src/outbox/entry.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { Spool } from '../../src/outbox/spool/spool.ts';
import { takeInSpool } from '../../src/outbox/spool/take-in.ts';
import { temporaryDirectory } from '../support/files.ts';

/** The whole of an outbox: its file, its spool, and what was logged when the spool was taken in. */
export type Box = {
  readonly directory: string;
  readonly file: string;
  readonly fallback: string;
  readonly outbox: Outbox;
  readonly spool: Spool;
  readonly lines: string[];
  takeIn(): void;
  [Symbol.dispose](): void;
};

/** An outbox with a spool of so many bytes at most, in a directory that goes with the test. */
export function openBox({ maxSpoolBytes }: { maxSpoolBytes?: number } = {}): Box {
  const { path: directory } = temporaryDirectory();
  const file = join(directory, 'outbox.db');
  const fallback = join(directory, 'fallback');
  const spool = new Spool(fallback, file, maxSpoolBytes);
  const outbox = new Outbox(file, spool);
  const lines: string[] = [];
  const log: Log = createConsola({
    level: 999,
    throttle: 0,
    reporters: [{ log: (line) => lines.push(line.args.join(' ')) }],
  });
  return {
    directory,
    file,
    fallback,
    outbox,
    spool,
    lines,
    takeIn: () => takeInSpool(outbox, spool, log),
    [Symbol.dispose]() {
      outbox.close();
      rmSync(directory, { recursive: true });
    },
  };
}

/** An entry from elsewhere, collected so many seconds into 2026. */
export function foreignEntry(second: number, rest: Partial<ForeignEntry> = {}): ForeignEntry {
  return {
    id: Bun.randomUUIDv7(),
    stream: 'sam/derecho',
    destination: 'sam',
    method: 'POST',
    path: '/api/v1/status/derecho',
    body: JSON.stringify({ second }),
    collectedAt: new Date(Date.UTC(2026, 0, 1, 0, 0, second)),
    failedProbes: ['queues (partial)'],
    rejectedBecause: null,
    state: 'pending',
    firstSentAt: null,
    ...rest,
  };
}

/** An attempt that was accepted. */
export const acceptedAttempt: Attempt = {
  at: new Date(Date.UTC(2026, 0, 2)),
  seconds: 0.5,
  status: 201,
  outcome: 'accepted',
  detail: 'status_id=7',
};
