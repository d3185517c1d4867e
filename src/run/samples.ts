import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { SamplesSettings } from '../config/samples.ts';
import { syncPath } from '../lib/durable.ts';
import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { codeOf } from '../lib/sqlite.ts';
import { counted, printable } from '../lib/text.ts';
import { openToWrite } from '../outbox/open.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Context } from './context.ts';
import { makeRoom } from './make-room.ts';

/** The most files in one run: the next run takes the others. */
const maxFiles = 1000;
/** The largest file. A job with ten thousand programs has about 1 MB. */
const maxBytes = 16 * 1024 * 1024;

/** The name of a file: the id of the job and the name of the node, as `sample` writes it; `.taken` if a run has begun. */
const fileName = /^((\d{1,15}(?:\[\d+\])?)\.[A-Za-z0-9][A-Za-z0-9._-]*\.json)(\.taken)?$/;

/**
 * Moves the files that samplers wrote from the shared directory to the outbox. A file is deleted after the outbox has
 * it, so that a crash between the two sends it twice: the receiver keeps one for each job and node. Returns false if
 * a file could not be read or moved. Throws OutboxUnwritable.
 */
export function takeInSamples(settings: SamplesSettings, context: Context): boolean {
  const { log } = context;
  let names: string[];
  try {
    names = readdirSync(settings.spool).filter((name) => fileName.test(name));
  } catch (error) {
    log.error(
      `✗ cannot read the directory of samples ${settings.spool}: ${messageOf(error)}; correct samples.spool in collector.yaml`,
    );
    return false;
  }
  if (names.length === 0) return true;
  const outbox = openToWrite(context.outbox, 'free');
  try {
    let taken = 0;
    let failed: string | null = null;
    for (const name of names.sort().slice(0, maxFiles)) {
      const body = claim(settings.spool, name, log);
      if (body === null) continue;
      if (typeof body !== 'string') {
        failed ??= body.problem;
        continue;
      }
      outbox.run((current) => {
        makeRoom(current, context.config, log);
        store(current, settings, name, body);
      });
      taken += 1;
    }
    if (taken > 0) {
      syncPath(settings.spool);
      log.info(`Stored ${counted(taken, 'sample')} from ${settings.spool}`);
    }
    if (failed !== null)
      log.error(
        `✗ samples stay in ${settings.spool}: ${printable(failed, 300)}; let this user read the files and write the directory (umask and output.Spool of the samplers)`,
      );
    return failed === null;
  } finally {
    outbox.close();
  }
}

/**
 * Takes a file for this run, and returns its text; null if there is nothing to store, or why it cannot be taken. It is
 * renamed first: a file that cannot be deleted later would be stored again by every run.
 */
function claim(spool: string, name: string, log: Log): string | null | { readonly problem: string } {
  const file = join(spool, name);
  try {
    const claimed = takenName(file);
    if (claimed !== file) renameSync(file, claimed);
    const body = bodyOf(claimed);
    if (body === null || typeof body === 'string') return body;
    setAside(spool, name, body.problem, log);
    return null;
  } catch (error) {
    // Another run has taken it.
    if (codeOf(error) === 'ENOENT') return null;
    return { problem: `${name}: ${messageOf(error)}` };
  }
}

function takenName(file: string): string {
  return file.endsWith('.taken') ? file : `${file}.taken`;
}

/** Stores the text of a file in the outbox, and then deletes the file. */
function store(outbox: Outbox, { spool, cluster_name, deliver_to }: SamplesSettings, name: string, body: string): void {
  const [, original = '', job = ''] = fileName.exec(name) ?? [];
  outbox.addAll(new Date(), (collectedAt) =>
    deliver_to.map((destination) => ({
      stream: `${destination}/${cluster_name}`,
      destination,
      method: 'POST' as const,
      path: `/${encodeURIComponent(job)}/${encodeURIComponent(original)}`,
      body,
      collectedAt,
      failedProbes: [],
      rejectedBecause: null,
    })),
  );
  rmSync(takenName(join(spool, name)), { force: true });
}

/** Returns the text of a file, null if another run has taken it, or the reason why it is not a sample. */
function bodyOf(file: string): string | null | { readonly problem: string } {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return null;
  if (!stat.isFile()) return { problem: 'it is not a regular file' };
  if (stat.size > maxBytes) return { problem: `it has ${stat.size} bytes, and the limit is ${maxBytes}` };
  const text = readFileSync(file, 'utf8');
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'sams.sampler.Core' in value) return text;
    return { problem: 'it has no sams.sampler.Core' };
  } catch (error) {
    return { problem: `it is not JSON: ${messageOf(error)}` };
  }
}

/** Moves a file that is not a sample out of the way, so that it is reported once. */
function setAside(spool: string, name: string, problem: string, log: Log): void {
  const directory = join(spool, 'unreadable');
  const [, original = name] = fileName.exec(name) ?? [];
  mkdirSync(directory, { recursive: true });
  renameSync(takenName(join(spool, name)), join(directory, original));
  log.error(
    `✗ ${printable(join(spool, original), 300)} is not a sample of a job: ${printable(problem, 200)}; it is moved to ${directory}`,
  );
}
