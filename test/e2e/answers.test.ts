/** What the log and `outbox show` say of an entry after answers of the SAM API that do not mean what they seem to. */

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { accept, type SamApi, startSamApi } from '../support/sam-api.ts';
import { fixtures, newSite, type Site } from '../support/site.ts';

const [head = '', recordedBody = ''] = readFileSync(
  join(fixtures, 'sam-answers/retry-after-on-500.http'),
  'utf8',
).split('\n\n');
const recordedHeaders = head
  .split('\n')
  .slice(1)
  .map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]);
const recorded = () => new Response(recordedBody, { status: 500, headers: recordedHeaders });

const constraint = 'uq_casper_nodetype_timestamp_type';
const storedBefore = () =>
  Response.json(
    { error: `Database error: (psycopg2.errors.UniqueViolation) duplicate key value violates "${constraint}"` },
    { status: 500 },
  );
const badGateway = () => new Response('<h1>502 Bad Gateway</h1>', { status: 502 });

let site: Site;
let api: SamApi | null;
beforeEach(() => {
  site = newSite();
  site.localSystem('casper');
  api = null;
});
afterEach(async () => {
  await site.remove();
  await api?.stop();
});

/** A run against an API that answers so, and what `outbox show` says of its entry afterwards. */
async function runAgainst(...answers: (() => Response)[]) {
  api = startSamApi((posted, count) => answers[count - 1]?.() ?? accept(posted, count));
  site.api(api.url);
  const ran = await site.run('run', 'casper');
  const [entry] = await site.entries();
  const shown = await site.run('outbox', 'show', entry?.id ?? '');
  return { ran, entry, shown: shown.stdout };
}

test('the Retry-After that SAM sends with a 500 is ignored: the snapshot is retried at once, and delivered', async () => {
  expect(recorded().headers.get('Retry-After')).toBe('60');
  const { ran, entry } = await runAgainst(recorded);
  expect(ran.exit).toBe(0);
  expect(ran.stderr).toMatch(/retry 1\/3 in [01]\.\d s/);
  expect(entry).toMatchObject({ state: 'delivered', attempts: 2 });
});

test('an entry that is already stored is not logged as an error, and not stored twice', async () => {
  const { ran, entry, shown } = await runAgainst(badGateway, storedBefore);
  expect(ran.exit).toBe(0);
  expect(ran.stderr).toContain('✓ casper status: already stored by an earlier attempt (HTTP 500)');
  expect(ran.stderr).not.toMatch(/Posted casper|Database error/);
  expect(entry?.state).toBe('delivered');
  expect(shown).not.toContain('perhaps twice');
});

test('an entry whose earlier attempt had no clear answer is shown as possibly stored twice', async () => {
  const { entry, shown } = await runAgainst(badGateway);
  expect(entry?.state).toBe('delivered');
  expect(shown).toContain('perhaps twice');
});
