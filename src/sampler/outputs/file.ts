import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { writeDurably } from '../../lib/durable.ts';
import { expand, hashOf } from '../patterns.ts';
import { type Output, outputJson } from './output.ts';

export type FileOutputSettings = {
  readonly base_path: string;
  readonly file_pattern: string;
  readonly jobid_hash_size: number | null;
  readonly exclude: readonly string[];
  readonly retry_count: number;
  readonly retry_sleep: number;
};

/** Writes one file for a job and a node, whole or not at all: `BASE/HASH/JOB.NODE.json`. */
export function fileOutput(settings: FileOutputSettings, job: number | string, node: string): Output {
  const { base_path, file_pattern, jobid_hash_size: hashSize, exclude } = settings;
  const hash = hashOf(job, hashSize);
  const directory = hash === null ? base_path : join(base_path, String(hash));
  // A pattern names a file in the directory: what it stands for must not lead elsewhere.
  const file = join(directory, basename(expand(file_pattern, { job, node, hashSize })));
  return {
    id: 'output.File',
    retries: settings.retry_count,
    pauseSeconds: settings.retry_sleep,
    async write(data) {
      mkdirSync(directory, { recursive: true });
      writeDurably(file, outputJson(data, exclude), 0o644);
    },
  };
}

/** Writes into the directory that a login host reads: its `run` sends the files and removes them. */
export function spoolOutput(
  {
    path,
    exclude,
    retry_count,
    retry_sleep,
  }: { readonly path: string } & Omit<FileOutputSettings, 'base_path' | 'file_pattern' | 'jobid_hash_size'>,
  job: number | string,
  node: string,
): Output {
  const file_pattern = '%(jobid)s.%(node)s.json';
  const settings = { base_path: path, file_pattern, jobid_hash_size: null, exclude, retry_count, retry_sleep };
  return { ...fileOutput(settings, job, node), id: 'output.Spool' };
}
