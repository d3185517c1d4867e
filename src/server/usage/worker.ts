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
import { tasks, type UsageMessage, type UsageTask } from './tasks.ts';
import { answerFrom, type ToThread } from './thread-messages.ts';

declare const self: Worker;

/** Segments that may stay in memory: a quarter of it, which is 20,000,000 jobs on a host with 4 GB. */
const maxBytes = Math.max(256 * 1024 ** 2, totalmem() / 4);

let opened: { readonly reader: Reader; readonly cache: SegmentCache } | null = null;
let last: Promise<void> = Promise.resolve();

self.onmessage = ({ data: { id, message } }: MessageEvent<ToThread<UsageMessage>>) => {
  if (message.kind === 'open') {
    const reader = openReader(message.location);
    opened = { reader, cache: createSegmentCache(reader, maxBytes, softwareNames(message.rules)) };
    return;
  }
  if (id === null) return;
  // One after the other: two questions at once would only take twice the memory.
  last = last.then(async () => {
    self.postMessage(await answerFrom(id, () => answer(message.task)));
    freeMemory();
  });
};

async function answer(task: UsageTask): Promise<string> {
  if (opened === null) throw new Error('the database is not open');
  return JSON.stringify(await tasks(opened.cache, opened.reader, task));
}
