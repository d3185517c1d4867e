/** A power cut, an out-of-memory killer, an impatient operator: what `kill -9` leaves behind. */

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { install, playback } from '../support/playback.ts';
import { accept, type SamApi, startSamApi } from '../support/sam-api.ts';
import { fixtures, newSite, type Site } from '../support/site.ts';
import { until } from '../support/until.ts';

let site: Site;
let api: SamApi;
beforeEach(() => {
  site = newSite();
});
afterEach(async () => {
  await site.remove();
  await api.stop();
});

test('a run that is killed while it collects does not lock out the next', async () => {
  api = startSamApi();
  site.api(api.url);
  const programs = site.localSystem('casper');
  const marker = join(programs, 'qstat-runs');
  install(programs, { qstat: `#!/bin/sh\n: > '${marker}'\nexec /bin/sleep 60\n` });
  const running = site.start(['run', 'casper']);
  await until(() => existsSync(marker), 'qstat runs', 20);
  running.kill('SIGKILL');
  expect(await running.ended).toMatchObject({ signal: 'SIGKILL' });

  install(programs, playback(join(fixtures, 'casper')));
  expect(await site.run('run', 'casper')).toMatchObject({ exit: 0 });
  expect(await site.entries()).toMatchObject([{ state: 'delivered', failed_probes: [] }]);
});

test('after a drain is killed while it sends, the next drain sends the entry with the same key', async () => {
  const isDown = Promise.withResolvers<Response>();
  api = startSamApi((posted, count) => (count === 1 ? isDown.promise : accept(posted, count)));
  site.api(api.url);
  site.localSystem('casper');
  for (let count = 0; count < 2; count++) await site.run('collect', 'casper');
  const stored = await site.entries();
  const running = site.start(['drain']);
  await until(() => api.posted.length === 1, 'the first is sent', 20);
  running.kill('SIGKILL');
  await running.ended;

  expect((await site.run('outbox', 'show', stored[0]?.id ?? '')).stdout).toContain(
    'without a clear answer: the API may have stored it',
  );
  expect(await site.run('drain')).toMatchObject({ exit: 0 });
  expect(await site.entries()).toMatchObject([{ state: 'delivered' }, { state: 'delivered' }]);
  const keys = api.posted.map(({ headers }) => headers.get('idempotency-key'));
  expect(keys).toEqual([stored[0]?.id ?? '', ...stored.map(({ id }) => id)]);
});
