/** How an accounting log is read: in parts, with damage, and with what users and servers can write into it. */

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { FinishedJob } from '../../src/lib/finished-job.ts';
import { logStateSchema, newLogState, storedLogState } from '../../src/pbs/open-runs.ts';
import { streamOf } from '../support/executors.ts';
import { capturedLog, readLog, readPart } from '../support/pbs-log.ts';
import { eight, logRecord, nine, ten, textRecord } from '../support/pbs-records.ts';

const queued = logRecord({ type: 'Q' });
const started = logRecord({ type: 'S' });
const ended = logRecord();
const summary = ({ id, user, state, started: start, elapsed }: FinishedJob) => ({ id, user, state, start, elapsed });
const wholeRun = { id: '1.pbs', user: 'alice', state: 'COMPLETED', start: nine, elapsed: 3600 };

/** Reads the log and returns its runs in short, and its problems as text. */
async function read(...files: string[]) {
  const { runs, problems } = await readLog(files);
  return { runs: runs.map(summary), problems: problems.map(({ line, problem }) => `${line}: ${problem}`) };
}

describe('reading in parts', () => {
  const whole = Buffer.concat([...capturedLog]);

  test('a log that is read while it grows has the same runs, wherever it is cut', async () => {
    const expected = (await readLog([whole])).runs;
    const cuts = fc.array(fc.nat({ max: whole.length }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(cuts, async (at) => {
        let state = newLogState();
        let from = { offset: 0, lines: 0 };
        const runs: FinishedJob[] = [];
        for (const cut of [...at.sort((a, b) => a - b), whole.length]) {
          const part = await readPart(whole.subarray(0, cut), state, from, { isClosed: false });
          runs.push(...part.runs);
          from = part.position;
          // The state is stored between two exports.
          state = logStateSchema.parse(JSON.parse(JSON.stringify(storedLogState(state))));
        }
        expect(runs).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });

  test('a log that is split into files between two records has the same runs', async () => {
    const records = whole.toString('latin1').split(/(?<=\n)(?=\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d;[QSEDRAaUYKkBzr];\d)/);
    const expected = (await readLog([whole])).runs;
    const isForged = (record: string) => record.includes(';E;999.');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: records.length - 1 }), { maxLength: 5 }), async (at) => {
        const files: string[][] = [[]];
        for (const [index, record] of records.entries()) {
          if (at.includes(index) && !isForged(record)) files.push([]);
          files.at(-1)?.push(record);
        }
        const { runs } = await readLog(files.map((file) => Buffer.from(file.join(''), 'latin1')));
        expect(runs).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });

  test('the line that the server writes now is read when it is complete', async () => {
    const part = await readPart(queued + started + ended.slice(0, 300), newLogState(), undefined, { isClosed: false });
    expect(part).toMatchObject({ runs: [], problems: [], position: { offset: (queued + started).length, lines: 2 } });
  });

  test('a line that the server did not finish before its host crashed is reported', async () => {
    const { problems } = await read(queued + started.slice(0, 100), ended);
    expect(problems).toEqual(['2: the file ends within a line']);
  });
});

describe('what users can write into the log', () => {
  const names = fc.string({
    unit: fc.constantFrom('a', ' ', '"', "'", ';', '=', '\n', '\\', 'é', '/', 'x" y="'),
    maxLength: 30,
  });

  test('any account that does not imitate the other fields of a record comes back, and the run is never lost', async () => {
    await fc.assert(
      fc.asyncProperty(names, async (account) => {
        const { runs } = await readLog([logRecord({ account }) + logRecord({ id: '2.pbs' })]);
        const clean = account.replaceAll('\n', '').trim();
        expect(runs.map(({ id, account: name }) => [id, name])).toEqual([
          ['1.pbs', clean === '' ? 'unknown' : clean],
          ['2.pbs', 'physics'],
        ]);
      }),
    );
  });

  test('a project and an account with blanks are two names', async () => {
    const { runs } = await readLog([logRecord({ project: 'other words' })]);
    expect(runs[0]?.account).toBe('physics');
  });

  test('a record in an account is not a record, even if it has all fields', async () => {
    const forged = logRecord({ id: '9.pbs', user: 'root' }).trimEnd();
    const { runs, problems } = await read(logRecord({ account: `x\n${forged}` }));
    expect(runs).toEqual([wholeRun]);
    expect(problems).toEqual([expect.stringContaining('1: the account or project of the job contains a line break')]);
  });

  test('a forged record in an altered account is part of that record', async () => {
    const forged = logRecord({ id: '9.pbs', user: 'root' });
    const { runs } = await read(textRecord('a', eight, `Account_Name="x\n${forged}"`) + ended);
    expect(runs).toEqual([wholeRun]);
  });

  test('the end of a job by another user is not the end of the job', async () => {
    const { runs, problems } = await read(queued + started + logRecord({ user: 'mallory', end: nine + 60 }) + ended);
    expect(runs).toEqual([wholeRun]);
    expect(problems).toEqual(['3: its user is mallory, but the job is of alice']);
  });

  test('the end of another submission does not take the start of the job', async () => {
    const other = logRecord({
      ctime: eight - 86_400,
      start: eight - 86_000,
      end: eight - 85_000,
      walltime: '00:16:40',
    });
    const { runs } = await readLog([queued + started + other + ended]);
    expect(runs.map(({ submitted, doubt }) => [submitted, doubt !== null])).toEqual([
      [eight - 86_400, true],
      [eight, false],
    ]);
    expect(runs[1]).toMatchObject(wholeRunValues);
  });
  const wholeRunValues = { started: nine, ended: ten, elapsed: 3600 };

  test('a record that is incomplete after 20 lines is skipped alone', async () => {
    const cut = '11/20/2026 08:30:00;Q;5.pbs;user=bob group=bob account="never closed\n';
    const others = Array.from({ length: 27 }, (_, n) => textRecord('L', eight + n, 'license'));
    const second = logRecord({ id: '2.pbs', account: null });
    const { runs, problems } = await read(cut + second + others.join('') + ended);
    expect(runs).toEqual([{ ...wholeRun, id: '2.pbs' }, wholeRun]);
    expect(problems).toEqual(['1: the Q record of the job is cut']);
  });

  test('a record that is cut by the end of a file is skipped alone', async () => {
    const cut = '11/20/2026 08:30:00;E;5.pbs;user=bob group=bob account="never closed\n';
    const license = textRecord('L', eight, 'license');
    const { runs, problems } = await read(cut + license, ended);
    expect(runs).toEqual([wholeRun]);
    expect(problems).toEqual(['1: the E record of the job is cut']);
  });

  test('lines without a header are reported, not read', async () => {
    const { runs, problems } = await read(`rest of a record" jobname=x\n\n${ended}`);
    expect(runs).toEqual([wholeRun]);
    expect(problems).toEqual(['1: the line is not a record', '2: the line is not a record']);
  });
});

describe('damage', () => {
  test('a line of 10 MB is skipped', async () => {
    const long = logRecord({ id: '2.pbs', account: 'x'.repeat(10_000_000) });
    const { runs, problems } = await read(long + ended);
    expect(runs).toEqual([wholeRun]);
    expect(problems).toEqual(['1: the line is too long']);
  });

  test('bytes of any kind are read to their end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
        const { runs } = await readLog([Buffer.concat([Buffer.from(bytes), Buffer.from(`\n${ended}`)])]);
        expect(runs.map(summary)).toEqual([wholeRun]);
      }),
    );
  });

  test.each([
    ['end', / end=\d+/, 'it has no end'],
    ['Exit_status', / Exit_status=\d+/, 'it has no Exit_status'],
    ['run_count', /run_count=1/, 'its run_count is not a number'],
  ])('an end without a readable %s is reported', async (_, field, problem) => {
    const replacement = problem.includes('run_count') ? 'run_count=1"' : '';
    expect(await read(ended.replace(field, replacement))).toEqual({ runs: [], problems: [`1: ${problem}`] });
  });

  test('a log of TORQUE is refused with a clear error', async () => {
    const torque = [
      '11/20/2026 08:00:00;Q;1.torque;queue=batch\n',
      '11/20/2026 09:00:00;S;1.torque;user=alice group=alice jobname=j queue=batch ctime=1 qtime=1 etime=1 start=2 owner=alice@h exec_host=n/0 Resource_List.nodes=1:ppn=1\n',
    ];
    await expect(readLog([torque.join('')])).rejects.toThrow('this is an accounting log of TORQUE');
  });
});

describe('times', () => {
  const hour = 3600;
  const newYork = (offset: number) => (seconds: number) => seconds - offset * hour;

  test('the time zone of the server is read from the log without configuration', async () => {
    const local = newYork(7);
    const clock = (record: string, seconds: number) =>
      record.replace(/^.{19}/, textRecord('', local(seconds), '').slice(0, 19));
    const log = clock(queued, eight) + clock(textRecord('D', nine, 'requestor=alice@pbs'), nine);
    const { runs } = await readLog([log]);
    expect(runs).toMatchObject([{ state: 'CANCELLED', started: null, ended: nine }]);
  });

  test('a clock that goes back by an hour at the end of summer time does not move an end', async () => {
    const before = newYork(4);
    const after = newYork(5);
    const clocked = (record: string, seconds: number) =>
      record.replace(/^.{19}/, textRecord('', seconds, '').slice(0, 19));
    const log = [
      clocked(queued, before(eight)),
      clocked(started, before(nine)),
      clocked(textRecord('D', 0, 'Job deleted, execution node cn01 down'), after(nine + 600)),
    ];
    const { runs } = await readLog([log.join('')]);
    expect(runs).toMatchObject([{ state: 'NODE_FAIL', started: nine, ended: nine + 600, elapsed: 600 }]);
  });

  test('a job that was moved to another queue hours after its submission shows the zone by the time of the move', async () => {
    const moved = logRecord({ type: 'Q' })
      .replace(`qtime=${eight}`, `qtime=${nine}`)
      .replace(' 08:00:00;', ' 09:00:00;');
    const { runs } = await readLog([moved + textRecord('D', nine + 60, 'requestor=alice@pbs')]);
    expect(runs).toMatchObject([{ submitted: eight, ended: nine + 60 }]);
  });

  test('a run of two seconds without a walltime did not run: PBS samples the walltime', async () => {
    const elapsed = async (seconds: number) =>
      (await readLog([logRecord({ end: nine + seconds, walltime: '00:00:00' })])).runs.map((run) => run.elapsed);
    expect([await elapsed(2), await elapsed(3)]).toEqual([[0], [3]]);
  });

  test('only a D record ends a running job of a dead node', async () => {
    const aborted = textRecord('A', nine + 60, 'Job deleted, execution node cn01 down');
    expect((await read(queued + started + aborted + ended)).runs).toEqual([wholeRun]);
  });

  test('a start after a restart of the server is corrected by the walltime if the true start was not read', async () => {
    const { runs } = await readLog([logRecord({ start: ten - 1 })]);
    expect(runs).toMatchObject([{ started: nine, ended: ten, elapsed: 3600 }]);
  });
});

describe('ids', () => {
  test('jobs of two servers in one log stay apart', async () => {
    const other = { id: '1.other', user: 'bob', account: 'b' };
    const log = [queued, logRecord({ ...other, type: 'Q' }), started, logRecord({ ...other, type: 'S' })];
    const { runs } = await read(log.join('') + logRecord(other) + ended);
    expect(runs).toEqual([{ ...wholeRun, id: '1.other', user: 'bob' }, wholeRun]);
  });

  test('an id that begins again after a new database is another job', async () => {
    const later = { ctime: ten, start: ten + 60, end: ten + 120, walltime: '00:01:00' };
    const { runs } = await readLog([queued + started + logRecord({ ...later, type: 'S' }) + logRecord(later)]);
    expect(runs).toMatchObject([{ submitted: ten, started: ten + 60, elapsed: 60 }]);
  });

  test('records that arrive in another order are neither lost nor counted twice', async () => {
    const records = [queued, started, ended, logRecord({ id: '2.pbs', type: 'S' }), logRecord({ id: '2.pbs' })];
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(records, { minLength: records.length }), async (order) => {
        const { runs } = await readLog([order.join('')]);
        expect(runs.map(({ id, elapsed }) => [id, elapsed]).sort()).toEqual([
          ['1.pbs', 3600],
          ['2.pbs', 3600],
        ]);
      }),
    );
  });

  test('the id of a requeued run has a suffix only if it is wanted', async () => {
    const requeued = logRecord({ type: 'R', exitStatus: -11, runCount: 3 });
    const ids = async (hasRunSuffix: boolean) =>
      (await readLog([requeued], { hasRunSuffix })).runs.map(({ id, state }) => `${id} ${state}`);
    expect(await ids(true)).toEqual(['1.pbs/run3 REQUEUED']);
    expect(await ids(false)).toEqual(['1.pbs REQUEUED']);
  });
});

test('a job that the log does not name for 400 days is forgotten', async () => {
  const { state } = await readLog([
    logRecord({ type: 'Q', id: '2.pbs' }),
    logRecord({ type: 'Q', ctime: eight + 401 * 86_400 }),
  ]);
  expect(Object.keys(storedLogState(state).open)).toEqual(['1.pbs']);
});

test('a file that arrives in small chunks has the same runs', async () => {
  const [bytes = Buffer.alloc(0)] = capturedLog;
  const expected = (await readLog([bytes])).runs;
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += 777) yield* streamOf(bytes.subarray(at, at + 777));
  }
  const state = newLogState();
  const { runs } = await readPart(bytes, state, undefined, { chunks: chunks() });
  expect(runs).toEqual(expected);
});
