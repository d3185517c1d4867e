/** The beginnings of ids that the outbox commands show on a terminal. */

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { put } from '../../outbox/queue.ts';
import { changeOutbox } from '../../support/change-outbox.ts';
import { program } from '../../support/every-command.ts';
import { runInProcess } from '../../support/in-process.ts';
import { newSite, type Site } from '../../support/site.ts';

let site: Site;
beforeEach(() => {
  site = newSite();
});
afterEach(() => site.remove());

const outbox = async (...args: string[]) => (await runInProcess(program, ['outbox', ...args], site.env, 200)).stdout;
const idsIn = (listing: string) => [...listing.matchAll(/^([0-9a-f-]+) {2}sam/gm)].map(([, id]) => id);
const ids = [
  '019ab850-36c0-76cd-9276-3068252da14d',
  '019ab850-36c1-76cd-9276-3068252da14d',
  '019ab850-36c1-76ce-9276-3068252da14d',
] as const;

test('are as short as they are unique among all entries of the outbox', async () => {
  changeOutbox(site, (box) => {
    for (const id of ids.slice(0, 2)) put(box, { id });
  });
  expect(idsIn(await outbox('ls'))).toEqual(ids.slice(0, 2).map((id) => id.slice(0, 13)));
  expect(await outbox('show', ids[0])).toContain('hpc-collector outbox show 019ab850-36c0 --body\n');
  changeOutbox(site, (box) => put(box, { id: ids[2], stream: 'sam/derecho' }));
  expect(idsIn(await outbox('ls'))).toEqual(ids.map((id) => id.slice(0, 18)));
  expect(idsIn(await outbox('ls', '--stream', 'sam/derecho'))).toEqual([ids[2].slice(0, 18)]);
  expect(await outbox('show', ids[1])).toContain(`hpc-collector outbox show ${ids[1].slice(0, 18)} --body\n`);
});

test('of dropped entries are as short as they are unique in the list', async () => {
  changeOutbox(site, (box) => {
    for (const id of ids) put(box, { id });
  });
  await outbox('drop', '--all', '--yes');
  expect(idsIn(await outbox('ls', '--dropped')).sort()).toEqual(ids.map((id) => id.slice(0, 18)));
  expect(idsIn(await outbox('ls', '--dropped', '--limit', '1'))).toEqual([ids[2].slice(0, 13)]);
});
