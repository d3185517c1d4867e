/** How the lines of an accounting log are joined into records, and what is reported of lines that are not records. */

import { describe, expect, test } from 'bun:test';
import { type AccountingRecord, type LogProblem, RecordJoiner } from '../../src/pbs/accounting-lines.ts';
import { eight, logRecord, textRecord } from '../support/pbs-records.ts';

/** The records and problems of lines; null is a line that is too long. */
function join(lines: readonly (string | null)[], { isClosed = true } = {}) {
  const records: AccountingRecord[] = [];
  const problems: LogProblem[] = [];
  const joiner = new RecordJoiner({
    record: (record) => records.push(record),
    problem: (problem) => problems.push(problem),
  });
  for (const [index, text] of lines.entries()) joiner.add({ number: index + 1, byte: 100 * index, text });
  if (isClosed) joiner.end();
  const short = records.map(({ line, type, id, hasLineBreak }) => `${line}: ${type} ${id}${hasLineBreak ? ' +' : ''}`);
  return { records, short, problems, unfinished: joiner.unfinished };
}

const linesOf = (text: string) => text.trimEnd().split('\n');
const license = textRecord('L', eight, 'license', 'license').trimEnd();
const cutRecord = (type: string) => `11/20/2026 08:00:00;${type};5.pbs;user=bob group=bob account="never closed`;

test('a record has each part of its line', () => {
  const text = 'requestor=alice@pbs;reason=none';
  const { records, problems } = join(['02/03/2025 14:05:06;D;13[4].pbs;requestor=alice@pbs;reason=none']);
  const clock = Date.UTC(2025, 1, 3, 14, 5, 6) / 1000;
  expect(records).toEqual([{ line: 1, clock, type: 'D', id: '13[4].pbs', text, job: null, hasLineBreak: false }]);
  expect(problems).toEqual([]);
});

test('each record has the time of its own line', () => {
  const at = ['08:00:00', '08:00:00', '08:00:01', '08:00:00'];
  const { records } = join(at.map((time) => `11/20/2026 ${time};L;license;x`));
  expect(records.map(({ clock }) => clock - eight)).toEqual([0, 0, 1, 0]);
});

describe('a line is a record', () => {
  const good = '11/20/2026 08:00:00;L;license;x';
  const notRecord = { line: 2, id: null, problem: 'the line is not a record', isLoss: false };

  test.each([
    ['with an empty id', '11/20/2026 08:00:00;L;;x'],
    ['with an id of 201 characters', `11/20/2026 08:00:00;L;${'i'.repeat(201)};x`],
    ['without an end of its id', '11/20/2026 08:00:00;L;license'],
    ['with a digit as its type', '11/20/2026 08:00:00;7;license;x'],
    ['with a type of two letters', '11/20/2026 08:00:00;LL;license;x'],
    ['with another date format', '2026-11-20 08:00:00;L;license;x'],
    ['with a blank before its time', ' 11/20/2026 08:00:00;L;license;x'],
    ['that is empty', ''],
  ])('but not %s', (_, line) => {
    const { short, problems } = join([good, line, good]);
    expect(short).toEqual(['1: L license', '3: L license']);
    expect(problems).toEqual([notRecord]);
  });

  test.each(['i', 'i'.repeat(200)])('with the id %s', (id) => {
    expect(join([`11/20/2026 08:00:00;L;${id};`]).records).toMatchObject([{ id, text: '' }]);
  });

  test('but not if it is too long', () => {
    const problem = { line: 1, id: null, problem: 'the line is too long', isLoss: true };
    expect(join([null, good])).toMatchObject({ short: ['2: L license'], problems: [problem] });
  });
});

describe('a job record that is cut', () => {
  test.each([...'QSERuce'])('%s takes the next lines, whatever they look like', (type) => {
    const forged = textRecord('D', eight, 'requestor=root@pbs', '9.pbs').trimEnd();
    const [, rest = ''] = logRecord({ type }).split('account="');
    const record = linesOf(`11/20/2026 08:00:00;${type};5.pbs;user=bob group=bob account="x\n${forged}\n${rest}`);
    const { short, records, problems } = join([...record, license]);
    expect(short).toEqual([`1: ${type} 5.pbs +`, '4: L license']);
    expect(records[0]?.job).toMatchObject({
      user: 'bob',
      account: `x\n${forged}\n${rest.slice(0, rest.indexOf('"'))}`,
    });
    expect(problems).toEqual([]);
  });

  test.each([...'QSERuce'])('%s is reported at the end of the log; E and R end a run, which is lost', (type) => {
    const isLoss = type === 'E' || type === 'R';
    expect(join([license, cutRecord(type), license])).toMatchObject({
      short: ['1: L license', '3: L license'],
      problems: [{ line: 2, id: '5.pbs', problem: `the ${type} record of the job is cut`, isLoss }],
    });
  });

  test('can have 20 lines, but not 21', () => {
    const wholeOf = (lines: number) => logRecord({ account: 'x\n'.repeat(lines - 1) });
    expect(join(linesOf(wholeOf(20))).short).toEqual(['1: E 1.pbs +']);
    const { short, problems } = join(linesOf(wholeOf(21)));
    expect(short).toEqual([]);
    expect(problems.map(({ line }) => line)).toEqual(Array.from({ length: 21 }, (_, index) => index + 1));
  });

  test('ends at a line that is too long', () => {
    const { short, problems } = join([cutRecord('Q'), license, null, license]);
    expect(short).toEqual(['2: L license', '4: L license']);
    expect(problems.map(({ line, problem }) => `${line}: ${problem}`)).toEqual([
      '1: the Q record of the job is cut',
      '3: the line is too long',
    ]);
  });

  test('is unfinished in a log that grows, from its first line on', () => {
    const log = [license, cutRecord('Q'), license];
    expect(join(log, { isClosed: false })).toMatchObject({
      short: ['1: L license'],
      problems: [],
      unfinished: { number: 2, byte: 100 },
    });
    expect(join([license], { isClosed: false }).unfinished).toBeNull();
    expect(join(log).unfinished).toBeNull();
  });
});

describe('a record of an altered job', () => {
  const altered = (text: string) => `11/20/2026 08:00:00;a;5.pbs;${text}`;

  test.each([
    ['Account_Name="x', 'y"'],
    ['project="x', 'y"'],
    ['Account_Name="x" project="y', 'z" a=b'],
    ['project="y" Account_Name="x', 'z" a=b'],
    ['Account_Name="a"b', '" a=b'],
  ])('with %s continues on the next line', (begin, end) => {
    expect(join([altered(begin), `${license}${end}`, license])).toMatchObject({
      short: ['1: a 5.pbs +', '3: L license'],
      problems: [],
    });
  });

  test.each(['Account_Name="x"', 'Account_Name="x" a="', 'project="x" y', 'Account_Name=x', 'a="x', ''])(
    'with %s has one line',
    (text) => {
      expect(join([altered(text), license]).short).toEqual(['1: a 5.pbs', '2: L license']);
    },
  );

  test('continues alone: a record of another type that has such a text, or no job, is one line', () => {
    const lines = [`${license} project="x`, '11/20/2026 08:00:00;L;5.pbs;user=bob'];
    expect(join([...lines, license]).short).toEqual(['1: L license', '2: L 5.pbs', '3: L license']);
  });
});
