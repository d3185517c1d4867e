import { expect, test } from 'bun:test';
import { inspect } from '../../src/outbox/inspect.ts';
import { openToRead } from '../../src/outbox/read-only.ts';
import { programOf } from './helper.ts';
import { newOutbox } from './queue.ts';

test.each([
  ['an inspection', (file: string) => expect(inspect(file)).toEqual({ kind: 'outbox', host: 'login1', damages: [] })],
  ['a reader', (file: string) => openToRead(file)?.close()],
])('%s waits for a writer', async (_, read) => {
  const { outbox, file, remove } = newOutbox();
  outbox.metadata.write('host', 'login1');
  outbox.close();
  const writer = Bun.spawn(programOf('write', file), { stdio: ['ignore', 'pipe', 'inherit'] });
  await writer.stdout.getReader().read();
  read(file);
  expect(await writer.exited).toBe(0);
  remove();
});
