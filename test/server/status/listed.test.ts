/** Outages and reservations, listed, changed and deleted. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { patchOutage, removeOutage, showOutage } from '../../../src/server/status/change-outage.ts';
import { outagesFor, withOutagesInPeriod } from '../../../src/server/status/outages.ts';
import { reservationHistory } from '../../../src/server/status/reservation-history.ts';
import { reservationsFor } from '../../../src/server/status/reservations.ts';
import type { Json } from '../helper.ts';
import { at, type Current, now, openCurrent } from './current-data.ts';
import { outcome } from './stored.ts';

let status: Current['status'];
let first: Current['first'];
beforeAll(async () => {
  ({ status, first } = await openCurrent());
});
afterAll(() => status.close());

const query = (text: string) => new URLSearchParams(text);
const titles = (outages: unknown) => (outages as { title: string }[]).map(({ title }) => title);

describe('outages', () => {
  test('are listed by system, status and time', async () => {
    const listed = async (text: string) => titles(await outagesFor(status.store, query(text), now));
    expect(await listed('')).toEqual(['planned', 'elsewhere', 'open']);
    expect(await listed('system_name=DERECHO&status=&include_resolved=')).toEqual(['planned', 'open']);
    expect(await listed('status=resolved')).toEqual(['long over']);
    expect(await listed('status=resolved&include_resolved=false')).toEqual([]);
    expect(await listed('include_resolved=true&system_name=derecho')).toHaveLength(4);
    expect(await outcome(outagesFor(status.store, query('status=over'), now))).toEqual([
      ...[400, 'status: must be one of investigating, identified, monitoring, resolved'],
    ]);
  });

  test.each([
    [at('09:30'), at('11:30'), ['over']],
    [at('09:31'), '2026-03-01T11:30:01', ['open']],
    [at('07:00'), at('07:01'), ['long over']],
    [at('15:00'), at('16:00'), ['planned', 'open']],
    [at('15:01'), at('16:00'), ['open']],
  ])('from %s to %s are on request in the history of a system', async (from, to, expected) => {
    const history = { system: 'derecho', from, to };
    const asked = (text: string) => withOutagesInPeriod(status.store, history, query(text), now);
    expect(titles((await asked('include=outages')).outages)).toEqual(expected);
    expect(await asked('include=')).toEqual(history);
    expect(await outcome(asked('include=users'))).toEqual([400, 'include: must be outages']);
  });

  const change = (id: number | undefined, body: Json, when = '12:30') =>
    outcome(patchOutage(status.store, id ?? 0, body, 'operator', new Date(`${at(when)}Z`)));
  const shown = (id: number | undefined) => outcome(showOutage(status.store, id ?? 0, (name) => name)) as Promise<Json>;
  const report = (rest: Json) =>
    status.outage(at('10:05'), {
      system_name: 'gust',
      title: 'g',
      severity: 'minor',
      start_time: at('10:00'),
      ...rest,
    });

  test('are changed, with a line of their time line', async () => {
    const id = await report({ component: 'c', description: 'd', estimated_resolution: at('16:00') });
    expect(await change(id, {})).toEqual({ success: true, outage_id: id, status: 'investigating' });
    const before = { component: 'c', description: 'd', estimated_resolution: at('16:00'), end_time: null };
    expect(await shown(id)).toMatchObject({ title: 'g', severity: 'minor', ...before, updated_at: at('12:30') });
    expect((await shown(id)).updates).toHaveLength(1);
    const changes = { title: 'h', severity: 'major', status: 'monitoring', component: null, description: null };
    const body = { ...changes, component: '', description: '', end_time: at('17:00'), estimated_resolution: '' };
    expect(await change(id, body, '12:31')).toEqual({ success: true, outage_id: id, status: 'monitoring' });
    const after = { ...changes, end_time: at('17:00'), estimated_resolution: null };
    expect(await shown(id)).toMatchObject({ ...after, updated_at: at('12:31') });
    expect((await shown(id)).updates).toMatchObject([{}, { at: at('12:31'), by: 'operator', changes: after }]);
    expect(await change(id, { end_time: null })).toMatchObject({ status: 'monitoring' });
    expect(await shown(id)).toMatchObject({ end_time: null, title: 'h' });
  });

  test.each<[what: string, report: Json, body: Json, end: string | null]>([
    ['ends now', {}, { status: 'resolved' }, at('12:30')],
    ['ended before', { end_time: at('12:30') }, { status: 'resolved' }, at('12:30')],
    ['would have ended later', { end_time: at('12:31') }, { status: 'resolved' }, at('12:30')],
    ['did not begin', { start_time: at('13:00') }, { status: 'resolved' }, at('13:00')],
    ['has a given end', {}, { status: 'resolved', end_time: at('10:00') }, at('10:00')],
    ['is opened again', { status: 'resolved', end_time: at('11:00') }, { status: 'monitoring' }, null],
    ['stays open', { end_time: at('16:00') }, { status: 'monitoring' }, at('16:00')],
    ['stays resolved', { status: 'resolved', end_time: at('11:00') }, { title: 'x' }, at('11:00')],
  ])('have an end: one that %s', async (_, rest, body, end) => {
    const id = await report(rest);
    await change(id, body);
    expect(await shown(id)).toMatchObject({ end_time: end });
  });

  test('are deleted, and then unknown', async () => {
    const id = await report({});
    expect(await change(id, { end_time: at('09:59') })).toEqual([
      ...[400, `end_time: must not be before the start, ${at('10:00')}`],
    ]);
    expect(await removeOutage(status.store, id)).toEqual({ success: true });
    for (const asked of [removeOutage(status.store, id), change(id, {}), shown(id)]) {
      expect(await outcome(asked as Promise<unknown>)).toEqual([404, 'Not found']);
    }
  });
});

describe('reservations', () => {
  const listed = (text: string, time = now) => reservationsFor(status.store, query(text), time);

  test('are listed whole, the next start first', async () => {
    const [sooner, later] = await listed('system_name=derecho');
    const origin = { system_name: 'derecho', created_at: at('11:20'), updated_at: at('11:56') };
    const [laterId, soonerId] = first.reservation_ids as number[];
    expect(sooner).toEqual({
      ...{ reservation_id: Number(soonerId), reservation_name: 'sooner', description: 'R1', ...origin },
      ...{ start_time: at('13:00'), end_time: at('14:00'), node_count: 5, partition: 'main' },
    });
    expect(later).toEqual({
      ...{ reservation_id: Number(laterId), reservation_name: 'later', description: null, ...origin },
      ...{ start_time: at('18:00'), end_time: at('19:00'), node_count: null, partition: null },
    });
  });

  test('are hidden 30 minutes after the newest snapshot of their system', async () => {
    const late = (time: string) => listed('system_name=derecho', new Date(`2026-03-01T${time}Z`));
    expect([(await late('12:26:00')).length, (await late('12:26:01')).length]).toEqual([2, 0]);
  });

  test('have a history of what was reported about them', async () => {
    const first = { at: at('11:20'), silent_since: null, start_time: at('13:00'), end_time: at('14:00') };
    expect((await reservationHistory(status.store, 'derecho', 'sooner')) as unknown).toEqual({
      ...{ system: 'derecho', name: 'sooner', last_reported: at('11:56') },
      changes: [
        { ...first, node_count: null, partition: null, description: null },
        // More than 30 minutes after the report before.
        { ...first, at: at('11:56'), silent_since: at('11:20'), node_count: 5, partition: 'main', description: 'R1' },
      ],
    });
    expect(await outcome(reservationHistory(status.store, 'derecho', 'none'))).toEqual([
      ...[404, 'derecho has no reservation none'],
    ]);
  });
});
