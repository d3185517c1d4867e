/** What the commands that read the outbox print, as whole texts. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { ForeignEntry } from '../../../src/outbox/entry.ts';
import type { Outbox } from '../../../src/outbox/outbox.ts';
import { attemptAt, get } from '../../outbox/queue.ts';
import { changeOutbox } from '../../support/change-outbox.ts';
import { newSite, type Site } from '../../support/site.ts';
import { runOutbox, storeEntries } from './in-process.ts';

let site: Site;
beforeEach(() => {
  site = newSite();
});
afterEach(() => site.remove());

const outbox = (...args: string[]) => runOutbox(site, ...args);
const stored = (...entries: Partial<ForeignEntry>[]) => storeEntries(site, ...entries);
const said = (stdout: string) => ({ exit: 0, stdout, stderr: '' });
const refused = (message: string) => ({ exit: 2, stdout: '', stderr: `hpc-collector: ${message}\n` });
const noOutbox = 'there is no outbox yet: the first collection creates it';
const rejected = { state: 'rejected', rejectedBecause: 'HTTP 400' } as const;

const now = Date.now();
const hour = 3_600_000;
const ago = (hours: number) => new Date(now - hours * hour);
const utc = (time: Date) => time.toISOString().slice(0, 19).replace('T', ' ');
const sha256 = (text: string) => new Bun.CryptoHasher('sha256').update(text).digest('hex');
const request = `POST /api/v1/status/casper, 11 bytes, sha-256 ${sha256('{"nodes":1}')}`;

describe('ls', () => {
  test('of a host without an outbox is empty', async () => {
    expect(await outbox('ls')).toEqual(said('There are no undelivered entries.\n'));
    expect(await outbox('ls', '--dropped')).toEqual(said('No entry was dropped.\n'));
    for (const flag of ['--json', '--ids']) {
      expect(await outbox('ls', flag)).toEqual(said(''));
      expect(await outbox('ls', '--dropped', flag)).toEqual(said(''));
    }
    expect(await outbox('ls', '--count')).toEqual(said('0\n'));
    expect(await outbox('ls', '--count', '--dropped', '--json')).toEqual(said('{"count":0}\n'));
  });

  test('names the entries that the limit leaves out, if there are any', async () => {
    const ids = stored(...Array(51).fill({}));
    const more = (count: number) =>
      `… and ${count} more: list all with --limit all, or summarise them with outbox stats`;
    const last = async (...args: string[]) => (await outbox('ls', ...args)).stdout.trimEnd().split('\n').at(-1);
    expect(await last()).toBe(more(1));
    expect(await last('--limit', '50')).toBe(more(1));
    for (const limit of ['51', '999999999', 'all', '0'])
      expect(await last('--limit', limit)).toStartWith(`${ids[50]} `);
    expect(await last('--limit', '1', '--json')).toStartWith(`{"id":"${ids[0]}"`);
    expect(await outbox('ls', '--count')).toEqual(said('51\n'));
    expect(await outbox('ls', '--count', '--json', '--limit', '5')).toEqual(said('{"count":51}\n'));
    await outbox('drop', ...ids.slice(0, 2), '--yes');
    expect(await last()).toStartWith(`${ids[50]} `);
    expect(await last('--dropped')).toBe('    dropped by hand');
    expect(await last('--dropped', '--limit', '1')).toBe('… and 1 more: list all with --limit all');
    expect(await outbox('ls', '--dropped', '--ids', '--limit', '1')).toEqual(said(`${ids[1]}\n`));
    expect(await outbox('ls', '--dropped', '--ids')).toEqual(said(`${ids[1]}\n${ids[0]}\n`));
    const [newest = ''] = (await outbox('ls', '--dropped', '--json')).stdout.split('\n');
    expect(JSON.parse(newest)).toEqual({
      id: ids[1],
      stream: 'sam/casper',
      collected_at: expect.stringMatching(/^2025-11-.*Z$/),
      dropped_at: expect.stringMatching(/^20.*Z$/),
      reason: 'dropped by hand',
    });
  });

  test('of flags that no entry matches says so', async () => {
    stored({ ...rejected, stream: 'sam/derecho' }, {});
    const none = said('There is no such entry.\n');
    expect(await outbox('ls', '--state', 'held')).toEqual(none);
    expect(await outbox('ls', '--dropped', '--older-than', '1s')).toEqual(none);
    expect(await outbox('ls', '--state', 'held', '--json')).toEqual(said(''));
    await outbox('drop', '--all', '--yes');
    expect(await outbox('ls')).toEqual(said('There are no undelivered entries.\n'));
  });

  test.each(['-1', 'x', '00', '1234567890', '1.5', 'x'.repeat(41)])('refuses the limit %s', async (limit) => {
    const shown = limit.length > 40 ? `${limit.slice(0, 40)}…` : limit;
    expect(await outbox('ls', `--limit=${limit}`)).toEqual(refused(`--limit ${shown}: give a number, or all`));
  });

  test('refuses a state of dropped entries, and an unknown state', async () => {
    expect(await outbox('ls', '--dropped', '--state', 'held')).toEqual(
      refused('--state does not apply to --dropped: dropped entries have no state'),
    );
    expect(await outbox('ls', '--state', 'gone', '--limit', 'x')).toEqual(
      refused("there is no state 'gone': give pending, held, rejected, delivered or all"),
    );
  });

  test('refuses a stream that does not exist', async () => {
    stored({});
    expect(await outbox('ls', '--stream', 'casper')).toEqual(
      refused("--stream casper: there is no such stream: did you mean 'sam/casper'?"),
    );
  });
});

describe('show', () => {
  test('prints all of an entry that was never sent', async () => {
    const collectedAt = ago(25.5);
    const [id = ''] = stored({ collectedAt, failedProbes: ['jobs', 'queues'] });
    expect(await outbox('show', id.slice(0, 20))).toEqual(
      said(`Entry:         ${id}
Stream:        sam/casper
Request:       ${request}
Collected:     ${utc(collectedAt)} UTC, 1d01h ago
Failed probes: jobs, queues
State:         pending
Pending:       the next drain sends it
Attempts: none
Body:          hpc-collector outbox show ${id} --body
`),
    );
    expect(await outbox('show', id, '--body')).toEqual(said('{\n  "nodes": 1\n}\n'));
    const json = await outbox('show', id, '--json');
    expect(JSON.parse(json.stdout)).toEqual({
      ...JSON.parse((await outbox('ls', '--json')).stdout),
      method: 'POST',
      path: '/api/v1/status/casper',
      body_sha256: sha256('{"nodes":1}'),
      waits_because: 'the next drain sends it',
      waits_until: null,
      may_be_there: false,
      answer: null,
      attempts_made: [],
      body: { nodes: 1 },
    });
    expect(json.stdout.match(/\n/g)).toHaveLength(1);
  });

  /** Makes attempts that are not answered, a minute apart. */
  function tryInVain(box: Outbox, id: string, times: number, detail = 'HTTP 503: down'): void {
    for (let count = times; count > 0; count--) {
      const attempt = { seconds: 12.34, status: 503, outcome: 'unavailable', detail };
      const how = { charged: true, mayHaveArrived: true };
      box.failed(get(box, id), attemptAt(new Date(now - count * 60_000), attempt), how);
    }
  }
  const tried = (minutes: number, detail = 'HTTP 503: down') =>
    `  ${utc(new Date(now - minutes * 60_000))}   12.3 s  unavailable    ${detail}\n`;

  test('prints the last five attempts, and how many were earlier', async () => {
    const first = new Date(now - 5 * 60_000);
    const [few = '', many = ''] = stored({ firstSentAt: first }, { stream: 'sam/derecho' });
    changeOutbox(site, (box) => {
      tryInVain(box, few, 5);
      tryInVain(box, many, 6);
    });
    const five = [5, 4, 3, 2, 1].map((minutes) => tried(minutes)).join('');
    const attempts = async (id: string) => (await outbox('show', id)).stdout.replace(/^.*\nAttempts:/s, 'Attempts:');
    const body = (id: string) => `Body:          hpc-collector outbox show ${id} --body\n`;
    expect(await attempts(few)).toBe(`Attempts:\n${five}${body(few)}`);
    expect(await attempts(many)).toBe(
      `Attempts:\n  … 1 earlier: hpc-collector outbox show ${many} --json\n${five}${body(many)}`,
    );
    expect((await outbox('show', few)).stdout).toContain(
      `\nMay be stored: it was sent, first at ${utc(first)} UTC, without a clear answer: the API may have stored it, and sending it again may store it twice\nLast error:    HTTP 503: down\n`,
    );
    const json = JSON.parse((await outbox('show', few, '--json')).stdout);
    expect(json).toMatchObject({ may_be_there: true, waits_because: 'the next drain sends it: HTTP 503: down' });
    expect(json.attempts_made[0]).toEqual({
      at: first.toISOString(),
      seconds: 12.34,
      status: 503,
      outcome: 'unavailable',
      detail: 'HTTP 503: down',
    });
  });

  test('prints the answer of a delivered entry, and that it may be stored twice', async () => {
    const [id = '', once = ''] = stored({ collectedAt: ago(1) }, { collectedAt: ago(2), stream: 'sam/derecho' });
    const at = new Date(now - 30_000);
    changeOutbox(site, (box) => {
      tryInVain(box, id, 1);
      for (const one of [id, once]) box.delivered(get(box, one), attemptAt(at), '{"status_id":7}');
    });
    const text = (await outbox('show', id)).stdout;
    expect(text).toContain(`
State:         delivered ${utc(at)} UTC
May be stored: perhaps twice: an attempt before the last one had no clear answer
Answer:        {"status_id":7}
Attempts:
${tried(1)}  ${utc(at)}    0.5 s  accepted       stored
Body: `);
    expect(JSON.parse((await outbox('show', id, '--json')).stdout)).toMatchObject({
      waits_because: null,
      waits_until: null,
      may_be_there: true,
      answer: '{"status_id":7}',
    });
    expect((await outbox('show', once)).stdout).toContain(
      `\nState:         delivered ${utc(at)} UTC\nAnswer:        {"status_id":7}\nAttempts:\n`,
    );
  });

  test('cuts long texts, and says until when the entry waits', async () => {
    const [id = ''] = stored({ body: 'no JSON' });
    const long = 'x'.repeat(201);
    const until = new Date(now + hour);
    changeOutbox(site, (box) => {
      tryInVain(box, id, 1, long);
      box.postpone(get(box, id), until);
      box.database.run('UPDATE attempts SET outcome = ?', ['y'.repeat(41)]);
    });
    const text = (await outbox('show', id)).stdout;
    expect(text).toContain(`\nLast error:    ${'x'.repeat(200)}…\n`);
    expect(text).toContain(` 12.3 s  ${'y'.repeat(40)}…  ${'x'.repeat(150)}…\n`);
    expect((await outbox('show', id, '--json')).stdout).toContain(`"waits_until":"${until.toISOString()}"`);
    expect(await outbox('show', id, '--body')).toEqual(said('"no JSON"\n'));
    changeOutbox(site, (box) => box.database.run("UPDATE entries SET last_error = 'HTTP 503'"));
    expect((await outbox('show', id)).stdout).toContain(
      `\nPending:       the stream rests: HTTP 503; until ${utc(until)} UTC\n`,
    );
  });

  test('prints what is wrong with a body, and refuses an unknown id', async () => {
    expect(await outbox('show', '01')).toEqual(refused(noOutbox));
    const [id = ''] = stored({});
    changeOutbox(site, (box) => box.database.run(`UPDATE entries SET body_sha256 = '${'0'.repeat(64)}'`));
    const damage = `the body of entry ${id} is damaged: its sha-256 differs`;
    expect((await outbox('show', id)).stdout).toEndWith(`\nBody:          ${damage}\n`);
    expect(await outbox('show', id, '--body')).toEqual({ ...refused(damage), exit: 1 });
    expect(JSON.parse((await outbox('show', id, '--json')).stdout)).toMatchObject({ body: null, body_damage: damage });
    const unknown = refused('there is no entry ffff: see hpc-collector outbox ls --state all');
    expect(await outbox('show', 'ffff')).toEqual(unknown);
  });
});
