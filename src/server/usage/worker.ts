/**
 * The thread that answers questions about jobs: scanning millions of jobs must not keep other requests waiting. It is an
 * entry point of scripts/build-binary.ts.
 */

import { totalmem } from 'node:os';
import { openReader } from '../store/open.ts';
import type { Reader } from '../store/port.ts';
import { freeMemory } from './engine/free-memory.ts';
import { createSegmentCache, type SegmentCache } from './engine/loaded.ts';
import { softwareNames } from './engine/software-name.ts';
import { tasks, type UsageTask } from './tasks.ts';
import { type FromThread, failureOf, type ToThread } from './thread-messages.ts';

declare const self: Worker;

/** Segments that may stay in memory: a quarter of it, which is 20,000,000 jobs on a host with 4 GB. */
const maxBytes = Math.max(256 * 1024 ** 2, totalmem() / 4);

let opened: { readonly reader: Reader; readonly cache: SegmentCache } | null = null;
let last: Promise<void> = Promise.resolve();

self.onmessage = ({ data }: MessageEvent<ToThread>) => {
  if (data.kind === 'open') {
    const reader = openReader(data.location);
    opened = { reader, cache: createSegmentCache(reader, maxBytes, softwareNames(data.rules)) };
    return;
  }
  const { id, task } = data;
  // One after the other: two questions at once would only take twice the memory.
  last = last.then(async () => {
    self.postMessage(await answer(id, task));
    freeMemory();
  });
};

async function answer(id: number, task: UsageTask): Promise<FromThread> {
  try {
    if (opened === null) throw new Error('the database is not open');
    return { id, text: JSON.stringify(await tasks(opened.cache, opened.reader, task)) };
  } catch (error) {
    return { id, failure: failureOf(error) };
  }
}
