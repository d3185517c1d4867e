/** What each source of job history asks, plans, and says about what it could not read. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { Command, Ending } from '../../src/exec/command.ts';
import { filePart, type LogPartOptions } from '../../src/history/log-part.ts';
import { readLogProgress } from '../../src/history/log-place.ts';
import { logSource } from '../../src/history/log-source.ts';
import { fromBeginning } from '../../src/history/log-start.ts';
import { readProgress, writeProgress } from '../../src/history/progress.ts';
import { checkWithQstat, noCheck } from '../../src/history/qstat-check.ts';
import { qstatSource } from '../../src/history/qstat-source.ts';
import { refuseOldRelease } from '../../src/history/release.ts';
import { sacctFailure } from '../../src/history/sacct-failure.ts';
import { sacctSource } from '../../src/history/sacct-source.ts';
import type { HistoryPart, HistorySource, PlanRequest } from '../../src/history/source.ts';
import type { FinishedJob } from '../../src/lib/finished-job.ts';
import { newLogState } from '../../src/pbs/open-runs.ts';
import { newOutbox, type TestOutbox } from '../outbox/queue.ts';
import { type Answer, answering, exited } from '../support/executors.ts';
import { logRecord } from '../support/pbs-records.ts';
import { readSacct, sacctLine } from '../support/sacct.ts';

const [run] = (await readSacct(sacctLine())).jobs;
if (!run) throw new Error('a line is a job');

let box: TestOutbox;
beforeEach(() => {
  box = newOutbox();
});
afterEach(() => box.remove());

const at = (time: string) => new Date(`${time}Z`);
const now = at('2026-11-25T10:00:00');
const shared = {
  ...{ cluster: 'farm', host: 'h1', timeoutSeconds: 300, timeZone: 'UTC', windowDays: 7 },
  limits: { maxJobs: 1000, maxBytes: 1e6 },
};
const newJobs: PlanRequest = { range: { since: null, until: null }, isAgain: false, now };

/** An executor that gives these answers, by program, and remembers what it was asked. */
function programs(answers: Readonly<Record<string, Answer>>) {
  const commands: Command[] = [];
  const executor = answering((command) => {
    commands.push(command);
    return answers[command.argv.find((word) => answers[word] !== undefined) ?? ''] ?? {};
  });
  return { executor, commands };
}

const planned = (source: HistorySource, request: PlanRequest = newJobs) =>
  source.plan(request, (work) => work(box.outbox));

/** Reads a part and stores that it was read. */
async function readAndSave(part: HistoryPart | undefined) {
  const jobs: FinishedJob[] = [];
  const rows: number[] = [];
  const result = await part?.read(
    (some) => jobs.push(...some),
    (count) => rows.push(count),
  );
  if (!part || !result) throw new Error('there is no part');
  part.save(box.outbox, result);
  return { jobs, rows, result };
}

describe('sacct', () => {
  const sourceOf = (stdout: string, ending: Ending = exited(0), rest = {}) => {
    const { executor, commands } = programs({ sacct: { stdout, ending } });
    return { source: sacctSource({ ...shared, executor, hasRunSuffix: false, ...rest }), commands };
  };

  test('is asked for the last days, each on its own', async () => {
    const { source, commands } = sourceOf('');
    const { parts, ...plan } = await planned(source);
    expect(plan).toEqual({
      text: 'jobs of farm that ended 2026-11-18 10:00:01 to 2026-11-25 10:00:01 UTC',
      nothing: 'all jobs that ended before 2026-11-25T10:00:01 were read before',
      unit: 'day',
      isResumed: false,
    });
    expect(parts.map(({ label }) => label)).toEqual([18, 19, 20, 21, 22, 23, 24, 25].map((day) => `2026-11-${day}`));
    expect(parts[1]).toMatchObject({
      name: '2026-11-19 00:00:00 to 2026-11-20 00:00:00 UTC',
      text: 'that ended 2026-11-19 00:00:00 to 2026-11-20 00:00:00 UTC',
    });
    await readAndSave(parts[1]);
    const [command] = commands;
    expect(command).toMatchObject({ host: 'h1', via: null, timeoutSeconds: 300, maxOutputBytes: 68_719_476_736 });
    expect(command?.argv).toContain('--starttime=2026-11-19T00:00:00');
    expect(command?.argv).toContain('--endtime=2026-11-20T00:00:00');
  });

  const broken = 'x\n';
  const range = { since: at('2026-11-20T00:00:00'), until: at('2026-11-21T00:00:00') };

  test('a damaged record and an impossible one are reported, with the command that reads them again', async () => {
    const { source } = sourceOf(
      sacctLine({ JobIDRaw: '1' }) + broken + sacctLine({ JobIDRaw: '2', ElapsedRaw: '3601' }) + broken,
    );
    const { parts } = await planned(source, { ...newJobs, range });
    const { jobs, rows, result } = await readAndSave(parts[0]);
    expect(jobs.map(({ id }) => id)).toEqual(['1', '2']);
    expect(rows.at(-1)).toBe(4);
    expect(result).toMatchObject({ rows: 4, jobs: 2, damaged: 2 });
    expect(result.errors).toEqual([expect.stringMatching(/^2 records of sacct cannot be read and are left out: /)]);
    expect(result.errors[0]).toEndWith(
      'at any time: hpc-collector jobs export --since 2026-11-20T00:00:00 --until 2026-11-21T00:00:00',
    );
    expect(result.warnings).toEqual([
      expect.stringMatching(/^1 job with impossible values: 2 at byte \d+ its Elapsed/),
    ]);
  });

  test('one damaged record is one', async () => {
    const { parts } = await planned(sourceOf(broken).source, { ...newJobs, range });
    const { result } = await readAndSave(parts[0]);
    expect(result.errors[0]).toStartWith('1 record of sacct cannot be read and is left out: something at byte 0 ');
  });

  test('a damaged day is read again, but not when it is older than the first export', async () => {
    const { source } = sourceOf(broken);
    const { parts } = await planned(source);
    await readAndSave(parts[0]);
    expect(readProgress(box.outbox, 'farm').readUntil).toEqual(at('2026-11-18T10:00:01'));
    const since = { since: at('2026-11-18T00:00:00'), until: null };
    const late = { ...newJobs, range: since, now: at('2026-11-26T10:00:00') };
    await readAndSave((await planned(sourceOf(broken).source, late)).parts[0]);
    expect(readProgress(box.outbox, 'farm').readUntil).toEqual(at('2026-11-19T00:00:00'));
  });

  test('a range that stopped is resumed, but not if it is sent again', async () => {
    const closed = { since: at('2026-11-01T00:00:00'), until: at('2026-11-04T00:00:00') };
    const request = { ...newJobs, range: closed };
    await readAndSave((await planned(sourceOf('').source, request)).parts[0]);
    const resumed = await planned(sourceOf('').source, request);
    expect([resumed.isResumed, resumed.parts.length]).toEqual([true, 2]);
    const again = await planned(sourceOf('').source, { ...request, isAgain: true });
    expect([again.isResumed, again.parts.length]).toEqual([false, 3]);
  });

  test.each([
    ['REQUEUED', '7/run1763596800'],
    ['NODE_FAIL', '7/run1763596800'],
    ['PREEMPTED', '7/run1763596800'],
    ['RESIZING', '7/run1763596800'],
    ['COMPLETED', '7'],
    ['FAILED', '7'],
  ])('a run with the state %s has the id %s', async (State, id) => {
    const [Start, End] = ['1763596800', '1763600400'];
    const line = sacctLine({ State, Submit: '1763596700', Start, End });
    const days = { since: new Date(1_763_596_800_000), until: new Date(1_763_683_200_000) };
    const { parts } = await planned(sourceOf(line, exited(0), { hasRunSuffix: true }).source, {
      ...newJobs,
      range: days,
    });
    expect((await readAndSave(parts[0])).jobs.map((job) => job.id)).toEqual([id]);
  });

  const command = { argv: ['sacct'], host: null, via: null, timeoutSeconds: 1, maxOutputBytes: 1 } as const;
  test.each<[string, Ending, RegExp, number]>([
    ['timed out', { kind: 'timed-out', seconds: 3 }, /^sacct did not end within 3 s; raise jobs\.timeout/, 1],
    ['missing', { kind: 'not-found', program: 'sacct' }, /^there is no sacct in PATH.*: set jobs\.host/, 2],
    ['missing for env', exited(127), /^there is no sacct in PATH/, 2],
    [
      'no accounting',
      exited(1, 'sacct: error: Slurm accounting storage is disabled'),
      /^sacct: accounting is disabled in Slurm/,
      1,
    ],
    ['no database', exited(1, 'sacct: error: Unable to connect to database'), /slurmdbd cannot reach its database/, 1],
    [
      'refused',
      exited(1, 'sacct: error: x: Connection refused'),
      /slurmdbd does not answer \(x: Connection refused\)/,
      1,
    ],
    ['unreachable', exited(1, 'sacct: error: Unable to contact slurmdbd'), /slurmdbd does not answer/, 1],
    ['late', exited(1, 'sacct: error: Connection timed out'), /slurmdbd does not answer/, 1],
    ['a problem', exited(1, 'sacct: error: Problem talking to the database: x'), /slurmdbd does not answer/, 1],
    ['not permitted', exited(1, 'sacct: error: Access denied'), /permission denied .*adminlevel=operator/, 1],
    ['not privileged', exited(1, 'sacct: error: you do not have privilege'), /permission denied/, 1],
    ['an unknown field', exited(1, 'sacct: error: Invalid field requested: "X"'), /does not support the request/, 1],
    ['an unknown option', exited(1, "sacct: unrecognized option '--x'"), /does not support the request/, 1],
    ['an unknown state', exited(1, 'sacct: error: unrecognized job state value'), /does not support the request/, 1],
    ['anything else', exited(3, 'oops'), /^sacct .*oops.*; see the log with --verbose/, 1],
  ])('that is %s fails with its remedy', (_, ending, words, exitCode) => {
    const error = sacctFailure(command, ending, false);
    expect(error?.message).toMatch(words);
    expect(error?.exitCode).toBe(exitCode as 1);
    expect(sacctFailure({ ...command, host: 'h1' }, ending, false)?.message).toContain('sacct on h1');
  });

  test('that ended well failed only if its output is cut off', () => {
    expect(sacctFailure(command, exited(0), false)).toBeNull();
    expect(sacctFailure(command, exited(0), true)?.message).toBe('the output of sacct is cut off; try again');
  });

  test.each<[string, Answer, string | null]>([
    ['21.07', { stdout: 'slurm 21.07.1\n' }, 'sacct on h1: slurm 21.07.1 is older than 21.08'],
    ['21.08', { stdout: 'slurm 21.08.0\n' }, null],
    ['unknown', { stdout: 'something else\n' }, null],
    ['not shown', { ending: exited(1) }, null],
  ])('whose release is %s', async (_, answer, refusal) => {
    const { executor, commands } = programs({ sacct: answer });
    const refused = refuseOldRelease(executor, 'h1');
    if (refusal === null) await refused;
    else await expect(refused).rejects.toThrow(refusal);
    expect(commands).toMatchObject([{ argv: ['sacct', '--version'], host: 'h1', timeoutSeconds: 60 }]);
    const here = refuseOldRelease(executor, null);
    if (refusal === null) await here;
    else await expect(here).rejects.toThrow(refusal.replace(' on h1', ''));
  });
});

describe('the accounting log', () => {
  const days = Array.from({ length: 30 }, (_, index) => `202611${String(index + 1).padStart(2, '0')}`);
  const list = (names: readonly string[]) => names.map((name) => `1 10 ${name}\n`).join('');
  const optionsOf = (stdout: string, rest: Partial<LogPartOptions> = {}): LogPartOptions => ({
    ...shared,
    executor: programs({ find: { stdout } }).executor,
    path: '/acct',
    runs: { exclusive: 'held', hasRunSuffix: true },
    check: async () => noCheck,
    ...rest,
  });
  const filesOf = async (request: PlanRequest, names = days) =>
    (await planned(logSource(optionsOf(list(names))), request)).parts.map(({ label }) => label);
  const between = (first: number, last: number) => days.slice(first - 1, last);

  test('the first export reads the configured days, and eight more for their beginnings', async () => {
    expect(await filesOf(newJobs)).toEqual(between(10, 30));
    const plan = await planned(logSource(optionsOf(list(days))));
    expect(plan).toMatchObject({
      text: 'the accounting log of farm from 20261110',
      nothing: 'the accounting log of farm has no files from this time on',
      unit: 'file',
      isResumed: false,
    });
  });

  test.each([
    ['with an end', '2026-11-20T00:00:00', '2026-11-22T12:00:00', 12, 23],
    ['without an end', '2026-11-20T00:00:00', null, 12, 30],
    ['before the first file', '2026-10-20T00:00:00', '2026-10-22T12:00:00', 1, 0],
  ])('a range %s is read with the days around it', async (_, since, until, first, last) => {
    const range = { since: at(since), until: until === null ? null : at(until) };
    expect(await filesOf({ ...newJobs, range })).toEqual(between(first, last));
  });

  test('a single file is always read', async () => {
    const options = optionsOf('0 10 accounting\n', { path: '/copies/accounting' });
    const range = { since: at('2020-11-20T00:00:00'), until: at('2020-11-21T00:00:00') };
    expect((await planned(logSource(options), { ...newJobs, range })).parts).toHaveLength(1);
  });

  const noon = at('2026-11-20T12:00:00').getTime() / 1000;
  const one = noon + 3600;
  const runs = logRecord({ id: '1.pbs', start: noon, end: one }) + logRecord({ id: '2.pbs', start: noon, end: one });
  /** Reads and stores one file of the log. */
  const readFile = (
    name: string,
    request: PlanRequest,
    { isLast = false, text = runs, rest = {}, since = null as Date | null } = {},
  ) => {
    const { executor, commands } = programs({ cat: { stdout: text } });
    const options = { ...optionsOf(''), executor, ...rest };
    const reader = { options, request, since, check: noCheck, state: newLogState() };
    const file = { name, path: `/acct/${name}`, size: text.length, compression: null };
    return { commands, read: readAndSave(filePart(reader, file, fromBeginning, isLast)) };
  };

  test('an export continues where the last one ended, and a finished range is not resumed', async () => {
    await readFile('20261119', newJobs).read;
    expect(readProgress(box.outbox, 'farm').readUntil).toBeNull();
    await readFile('20261120', newJobs, { isLast: true }).read;
    expect(readProgress(box.outbox, 'farm')).toMatchObject({ readUntil: now, timezone: 'UTC' });
    expect(readLogProgress(box.outbox, 'farm').next).toMatchObject({ name: '20261120', offset: runs.length });
    expect(await filesOf(newJobs)).toEqual(between(20, 30));
    const plan = await planned(logSource(optionsOf(list(days))));
    expect(plan.text).toBe('the accounting log of farm from 20261120, where the last export ended');
    const none = await planned(logSource(optionsOf(list(between(1, 19)))));
    expect([none.text, none.nothing, none.parts.length]).toEqual([
      'the accounting log of farm from its end',
      'the accounting log of farm has no files from 20261120 on',
      0,
    ]);
  });

  test('a range that stopped within is resumed, unless it is another range or is sent again', async () => {
    const range = { since: at('2026-11-10T00:00:00'), until: at('2026-11-12T00:00:00') };
    const request = { ...newJobs, range };
    await readFile('20261103', request).read;
    expect(await filesOf(request)).toEqual(between(3, 13));
    expect((await planned(logSource(optionsOf(list(days))), request)).isResumed).toBe(true);
    expect(await filesOf({ ...request, isAgain: true })).toEqual(between(2, 13));
    for (const other of [
      { ...range, since: at('2026-11-10T00:00:01') },
      { ...range, until: at('2026-11-12T00:00:01') },
      { ...range, until: null },
    ])
      expect((await planned(logSource(optionsOf(list(days))), { ...newJobs, range: other })).isResumed).toBe(false);
    await readFile('20261113', request, { isLast: true }).read;
    expect((await planned(logSource(optionsOf(list(days))), request)).isResumed).toBe(false);
    expect(readLogProgress(box.outbox, 'farm').next).toBeNull();
    expect(readProgress(box.outbox, 'farm').readUntil).toBeNull();
  });

  test('a range up to now is where the next export continues, if it is further than the last one', async () => {
    const upToNow = { ...newJobs, range: { since: at('2026-11-10T00:00:00'), until: null } };
    await readFile('20261120', upToNow, { isLast: true }).read;
    const next = () => readLogProgress(box.outbox, 'farm').next;
    expect(next()).toMatchObject({ name: '20261120', offset: runs.length });
    await readFile('20261119', upToNow, { isLast: true }).read;
    expect(next()).toMatchObject({ name: '20261120' });
    await readFile('20261120', upToNow, { isLast: true, text: logRecord() }).read;
    expect(next()).toMatchObject({ name: '20261120', offset: runs.length });
    await readFile('20261121', upToNow, { isLast: true, text: logRecord() }).read;
    expect(next()).toMatchObject({ name: '20261121', offset: logRecord().length });
  });

  test.each([
    ['the whole time', null, null, 2],
    ['from their second on', '2026-11-20T13:00:00', null, 2],
    ['after them', '2026-11-20T13:00:01', null, 0],
    ['up to their second', null, '2026-11-20T13:00:00', 0],
    ['with their second', null, '2026-11-20T13:00:01', 2],
  ])('of %s', async (_, since, until, count) => {
    const range = { since: null, until: until === null ? null : at(until) };
    const { commands, read } = readFile(
      '20261120',
      { ...newJobs, range },
      { since: since === null ? null : at(since) },
    );
    const { jobs, result, rows } = await read;
    expect(jobs).toHaveLength(count);
    expect(result).toMatchObject({ rows: 2, jobs: count, damaged: 0 });
    expect(rows.at(-1)).toBe(2);
    expect(commands).toMatchObject([{ argv: ['cat', '--', '/acct/20261120'], host: 'h1' }]);
  });

  test('is not read in another zone than before', async () => {
    writeProgress(box.outbox, 'farm', { readUntil: now, backfill: null, timezone: 'Europe/Berlin' });
    await expect(filesOf(newJobs)).rejects.toThrow('jobs.timezone is UTC');
  });

  test('a file that cannot be printed to its end is an error, and its place is not stored', async () => {
    const { executor } = programs({ cat: { stdout: runs, ending: exited(1, 'cat: Input/output error') } });
    const { read } = readFile('20261120', newJobs, { isLast: true, rest: { executor } });
    expect(await read.catch((reason: unknown) => reason)).toMatchObject({
      message: 'cat -- /acct/20261120 on h1 exited with 1: cat: Input/output error',
      exitCode: 1,
    });
    expect(readLogProgress(box.outbox, 'farm').next).toBeNull();
  });

  test('a part is named after its file', () => {
    const reader = { options: optionsOf(''), request: newJobs, since: null, check: noCheck, state: newLogState() };
    const file = { name: '20261120', path: '/acct/20261120', size: 1, compression: null };
    expect(filePart(reader, file, fromBeginning, true)).toMatchObject({
      name: 'accounting file 20261120',
      text: 'in the accounting file 20261120',
      label: '20261120',
    });
  });

  test('the warning of a check is the first of the export', async () => {
    const check = async () => ({ ...noCheck, warning: 'not checked' });
    const { executor } = programs({ find: { stdout: list(['20261124', '20261125']) }, cat: { stdout: '' } });
    const { parts } = await planned(logSource(optionsOf('', { executor, check })));
    const warnings = [];
    for (const part of parts) warnings.push((await readAndSave(part)).result.warnings);
    expect(warnings).toEqual([['not checked'], []]);
  });
});

describe('qstat', () => {
  const ended = Date.parse('2026-11-20T12:00:00Z') / 1000;
  const job = (rest: object = {}) => ({
    ...{ Job_Owner: 'ada@login', job_state: 'F', queue: 'main', Account_Name: 'physics', substate: 92 },
    ...{ ctime: 'Fri Nov 20 10:00:00 2026', stime: 'Fri Nov 20 11:00:00 2026', Exit_status: 0 },
    ...{ obittime: 'Fri Nov 20 12:00:00 2026', exec_vnode: '(n1:ncpus=2)', resources_used: { walltime: '3600' } },
    ...{ history_timestamp: ended },
    ...rest,
  });
  const json = (jobs: Readonly<Record<string, object>>) =>
    JSON.stringify({ timestamp: 1, pbs_version: '23', pbs_server: 'pbs', Jobs: jobs }, null, '\t').replaceAll(
      '": ',
      '":\t',
    );
  const sourceOf = (stdout: string, ending: Ending = exited(0)) => {
    const { executor, commands } = programs({ qstat: { stdout, ending } });
    return { source: qstatSource({ ...shared, executor }), executor, commands };
  };

  test('is one list, whose jobs are counted', async () => {
    const { source, commands } = sourceOf(json({ '1.pbs': job(), '2.pbs': job({ job_state: 'R' }), '3.pbs': job() }));
    const { parts, ...plan } = await planned(source);
    expect(plan).toEqual({
      text: 'the finished jobs of farm that qstat lists',
      nothing: '',
      unit: 'list',
      isResumed: false,
    });
    const [part] = parts;
    expect(part).toMatchObject({ name: 'qstat -x', text: 'that qstat lists', label: 'qstat -x' });
    const { jobs, rows, result } = await readAndSave(part);
    expect(jobs.map(({ id }) => id)).toEqual(['1.pbs', '3.pbs']);
    expect(rows).toEqual([1, 2, 3]);
    expect(result).toEqual({ rows: 3, jobs: 2, damaged: 0, errors: [], warnings: [] });
    expect(commands).toMatchObject([{ host: 'h1', timeoutSeconds: 300, maxOutputBytes: 17_179_869_184 }]);
    expect(readProgress(box.outbox, 'farm')).toMatchObject({ readUntil: now, timezone: 'UTC' });
  });

  test.each([
    ['2026-11-20T12:00:00', null, 1],
    ['2026-11-20T12:00:01', null, 0],
    ['2026-11-20T00:00:00', '2026-11-20T12:00:00', 0],
    ['2026-11-20T00:00:00', '2026-11-20T12:00:01', 1],
  ])('a job that ended at noon is in the range from %s to %p: %d', async (since, until, count) => {
    const range = { since: at(since), until: until === null ? null : at(until) };
    const { parts } = await planned(sourceOf(json({ '1.pbs': job() })).source, { ...newJobs, range });
    expect((await readAndSave(parts[0])).jobs).toHaveLength(count);
    expect(readProgress(box.outbox, 'farm').readUntil).toEqual(until === null ? now : null);
  });

  test('a job that cannot be read is named, and the next export tries again', async () => {
    const { parts } = await planned(sourceOf(json({ '1.pbs': job(), '2.pbs': job({ ctime: 'soon' }) })).source);
    const { result } = await readAndSave(parts[0]);
    expect(result).toMatchObject({ jobs: 1, damaged: 1 });
    expect(result.errors).toEqual([
      expect.stringMatching(/^1 job of qstat cannot be read and is left out: 2\.pbs at byte \d+ .*; the next export/),
    ]);
  });

  test('several jobs that cannot be read, and subjobs without data, are counted', async () => {
    const forgotten = { job_state: 'F', queue: 'main' };
    const bad = job({ ctime: 'soon' });
    const messagesOf = async (jobs: Readonly<Record<string, object>>) => {
      const { parts } = await planned(sourceOf(json({ '1.pbs': job(), ...jobs })).source);
      return (await readAndSave(parts[0])).result;
    };
    const result = await messagesOf({ '2.pbs': bad, '3.pbs': bad, '4[1].pbs': forgotten });
    expect(result).toMatchObject({ rows: 2, jobs: 1, damaged: 2 });
    const problem = 'has a ctime or stime that cannot be read';
    expect(result.errors.map((error) => error.replace(/byte \d+/g, 'byte N'))).toEqual([
      `2 jobs of qstat cannot be read and are left out: 2.pbs at byte N ${problem}; 3.pbs at byte N ${problem}; the next export tries again`,
    ]);
    const reason = 'left out, because qstat has no end of them: they never ran, or PBS was restarted';
    expect(result.warnings).toEqual([`1 subjob ${reason}`]);
    const two = await messagesOf({ '4[1].pbs': forgotten, '4[2].pbs': forgotten });
    expect([two.errors, two.warnings]).toEqual([[], [`2 subjobs ${reason}`]]);
  });

  test('text that is no job is something that cannot be read', async () => {
    const text = json({ '1.pbs': job(), '2.pbs': job() }).replace('"2.pbs"', '2.pbs');
    const { parts } = await planned(sourceOf(text).source);
    expect((await readAndSave(parts[0])).result.errors).toEqual([
      expect.stringMatching(/ is left out: something at byte \d+ is not a record; the next export tries again$/),
    ]);
  });

  test('that fails is an error with its remedy', async () => {
    const { parts } = await planned(sourceOf('', exited(1, 'qstat: cannot connect')).source);
    const error: unknown = await parts[0]
      ?.read(
        () => {},
        () => {},
      )
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      message:
        'env TZ=UTC qstat -x -f -t -F json on h1 exited with 1: qstat: cannot connect; no jobs are lost while PBS keeps them: the next export reads them; if the server keeps no finished jobs, run on it: qmgr -c "set server job_history_enable = True"',
      exitCode: 1,
    });
  });

  test('is not asked in another zone than before', async () => {
    writeProgress(box.outbox, 'farm', { readUntil: now, backfill: null, timezone: 'Europe/Berlin' });
    await expect(planned(sourceOf('').source)).rejects.toThrow('jobs.timezone is UTC');
    expect((await planned(sourceOf('').source, { ...newJobs, isAgain: true })).parts).toHaveLength(1);
  });

  test('gives the state of a run whose state in the log differs, of that run only', async () => {
    const { executor } = sourceOf(json({ '1.pbs': job({ substate: 91 }), '2.pbs': job() }));
    const check = await checkWithQstat({ executor, host: null, timeoutSeconds: 1 });
    expect(check.warning).toBeNull();
    const submitted = Date.parse('2026-11-20T10:00:00Z') / 1000;
    const stateOf = (id: string, rest: Partial<FinishedJob> = {}) =>
      check.settle({ ...run, id, submitted, state: 'FAILED', ...rest }).state;
    expect([stateOf('1.pbs'), stateOf('2.pbs'), stateOf('1.pbs', { submitted: 1 }), stateOf('1.pbs/run1')]).toEqual([
      'CANCELLED',
      'FAILED',
      'FAILED',
      'FAILED',
    ]);
  });

  test('that fails leaves the states of the log, with a warning', async () => {
    const { executor } = sourceOf('', exited(1, 'qstat: cannot connect'));
    const { warning, settle } = await checkWithQstat({ executor, host: null, timeoutSeconds: 1 });
    expect(warning).toStartWith('how jobs ended is not checked with qstat: ');
    expect(settle(run)).toBe(run);
  });
});
