import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import * as output from '../../src/lib/output.ts';
import { Metadata } from '../../src/outbox/metadata.ts';
import * as open from '../../src/outbox/open.ts';
import { OutboxUnwritable } from '../../src/outbox/unwritable.ts';
import { ErrorChanges } from '../../src/run/ongoing-errors.ts';
import { newPlace, type Place } from './place.ts';

let place: Place;
let write: ReturnType<typeof spyOn<typeof output, 'complain'>>;
let printed: string[];
beforeEach(() => {
  place = newPlace();
  place.withOutbox(() => {});
  printed = [];
  write = spyOn(output, 'complain').mockImplementation((text) => void printed.push(text));
});
afterEach(() => {
  write.mockRestore();
  place.remove();
});

type Failure = { readonly text: string; readonly name?: string; readonly probes?: readonly string[] };

/** The errors of a run. */
function errorsOf(errors: readonly Failure[], name: string): ErrorChanges {
  const changes = new ErrorChanges();
  fail(changes, errors, name);
  return changes;
}

function fail(changes: ErrorChanges, errors: readonly Failure[], by: string): void {
  for (const { text, name = by, probes = [] } of errors)
    changes.filter({ isError: true, name, text, whole: text, probes });
}

/** What an unattended run prints at its end. */
function told(changes: ErrorChanges, hanging: Error | null = null): string[] {
  printed = [];
  place.lines.length = 0;
  changes.tell({ outbox: place.context.outbox, hanging });
  return [...printed.filter((text) => text !== ''), ...place.lines];
}

/** What an unattended run prints with these errors about a system. */
function runWith(errors: readonly Failure[], name: string): string[] {
  const changes = errorsOf(errors, name);
  changes.saw(`collect/${name}`);
  return told(changes);
}

const stored = () => JSON.parse(place.withOutbox(({ metadata }) => metadata.read('troubles')) ?? 'null');

/** Stores errors, by subject, that began so many hours ago. */
function store(hours: Readonly<Record<string, number>>): void {
  const troubles = Object.entries(hours).map(([about, ago]) => {
    const since = new Date(Date.now() - ago * 3_600_000 - 1000).toISOString();
    return [about, { since, first: `✗ failed ${ago}`, said: [] }];
  });
  place.withOutbox(({ metadata }) => metadata.write('troubles', JSON.stringify(Object.fromEntries(troubles))));
}

const since = '\\(since [-0-9]{10} [:0-9]{8} UTC\\)';
const line = (text: string) => expect.stringMatching(new RegExp(`^INFO ✓ ${text}$`));

test('an error without probes is about its subject: it is reported once, and its end is too', () => {
  const failure = { text: '✗ sacct failed' };
  expect(runWith([failure], 'jobs/farm')).toEqual(['✗ sacct failed']);
  expect(runWith([failure], 'jobs/farm')).toEqual([]);
  expect(Object.keys(stored())).toEqual(['collect/jobs/farm']);
  expect(runWith([], 'jobs/farm')).toEqual([line(`Recovered after \\d+s ${since}: sacct failed`)]);
  expect(stored()).toBeNull();
  expect(runWith([], 'jobs/farm')).toEqual([]);
});

test('an error with probes is about each: two probes of one cause are one recovery', () => {
  const failure = (...probes: string[]) => ({ text: 'ssh to casper failed', probes });
  expect(runWith([failure('nodes', 'jobs')], 'casper')).toEqual(['ssh to casper failed']);
  expect(runWith([failure('jobs')], 'casper')).toEqual([expect.stringContaining('✓ Recovered after')]);
  expect(runWith([], 'casper')).toEqual([expect.stringContaining('✓ Recovered after')]);
});

describe('of errors that are over', () => {
  const changes = () => {
    const all = new ErrorChanges();
    for (const about of ['collect', 'deliver']) all.saw(about);
    return all;
  };

  test('those of two systems are two lines', () => {
    store({ 'collect/casper': 2, 'collect/derecho': 2, 'collect/derecho/nodes': 3 });
    expect(told(changes())).toEqual([
      line(`Recovered after 2h ${since}: failed 2`),
      line(`Recovered after 2h ${since}: failed 2`),
      line(`Recovered after 3h ${since}: failed 3`),
    ]);
  });

  test.each([
    { 'deliver/casper': 2, 'deliver/derecho': 3 },
    { 'deliver/casper': 3, 'deliver/derecho': 2 },
    { deliver: 3, 'deliver/derecho': 2 },
  ])('those of deliveries are one line about the first: %p', (hours) => {
    store(hours);
    const all = changes();
    all.drained(5, 9);
    all.drained(1, 4);
    expect(told(all)).toEqual([line(`Delivered again after 3h ${since}, 6 entries delivered, 4 left: failed 3`)]);
  });

  test('one delivery is one entry', () => {
    store({ 'deliver/casper': 2 });
    const all = changes();
    all.drained(1, 0);
    expect(told(all)).toEqual([line(`Delivered again after 2h ${since}, 1 entry delivered, 0 left: failed 2`)]);
  });

  test('each is in the log of its system, and those of deliveries in that of the collector', () => {
    store({ 'collect/casper/nodes': 2, 'collect/derecho': 2, deliver: 2 });
    const tags = spyOn(place.context.log, 'withTag');
    told(changes());
    expect(tags.mock.calls).toEqual([['casper'], ['derecho'], ['collector']]);
    tags.mockRestore();
  });
});

describe('an error', () => {
  test('while entries are delivered is about the delivery of its system', () => {
    const changes = new ErrorChanges();
    changes.enter('deliver');
    fail(changes, [{ text: 'HTTP 503', probes: ['nodes'] }], 'casper');
    changes.enter('collect');
    fail(changes, [{ text: 'no server' }], 'casper');
    expect(told(changes)).toEqual(['HTTP 503', 'no server']);
    expect(Object.keys(stored())).toEqual(['deliver/casper', 'collect/casper']);
  });

  test('about a message to a person is reported each time, and not stored', () => {
    for (let run = 0; run < 2; run += 1) {
      const changes = new ErrorChanges();
      changes.enter('notify');
      fail(changes, [{ text: 'no webhook' }], 'collector');
      expect(told(changes)).toEqual(['no webhook']);
    }
    expect(stored()).toBeNull();
  });

  test('is kept until the end of the run; other lines are not shown', () => {
    const changes = new ErrorChanges();
    const of = (isError: boolean) => ({ isError, name: 'casper', text: 'x', whole: 'x', probes: [] });
    expect([changes.filter(of(true)), changes.filter(of(false))]).toEqual([false, false]);
    expect(told(changes)).toEqual(['x']);
    // While the report is printed, its own lines are shown.
    expect([changes.filter(of(true)), changes.filter(of(false))]).toEqual([true, true]);
    expect(Object.keys(stored())).toEqual(['collect/casper']);
  });
});

describe('all errors are reported, and none is stored,', () => {
  const failure = [{ text: 'no server' }];

  test('while the directory of the outbox does not answer', () => {
    runWith(failure, 'casper');
    const opened = spyOn(open, 'openForRepair');
    const hanging = new OutboxUnwritable('it hangs', 'wait', null);
    expect(told(errorsOf(failure, 'casper'), hanging)).toEqual(['no server']);
    expect(opened).not.toHaveBeenCalled();
    opened.mockRestore();
  });

  test('if the outbox cannot be read', () => {
    writeFileSync(place.file, 'a letter\n'.repeat(1000));
    expect(told(errorsOf(failure, 'casper'))).toEqual(['no server']);
  });
});

test('the outbox is not opened for a run that has nothing to report and looked at nothing', () => {
  const opened = spyOn(open, 'openForRepair');
  expect(told(new ErrorChanges())).toEqual([]);
  expect(opened).not.toHaveBeenCalled();
  const changes = new ErrorChanges();
  changes.saw('collect/casper');
  told(changes);
  expect(opened).toHaveBeenCalledTimes(1);
  opened.mockRestore();
});

test('errors that go on unchanged are not written again, nor is their absence', () => {
  const writes = (['write', 'forget'] as const).map((name) => spyOn(Metadata.prototype, name));
  const calls = () => writes.map(({ mock }) => mock.calls.filter(([key]) => key === 'troubles').length);
  for (const errors of [[], [{ text: 'no server' }], [{ text: 'no server' }], [], []]) runWith(errors, 'casper');
  expect(calls()).toEqual([1, 1]);
  for (const write of writes) write.mockRestore();
});
