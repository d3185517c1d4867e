import { expect, test } from 'bun:test';
import { LogProblems } from '../../src/history/log-problems.ts';
import { forgeable } from '../../src/pbs/accounting-lines.ts';
import { readLog } from '../support/pbs-log.ts';
import { logRecord } from '../support/pbs-records.ts';

const [run] = (await readLog([logRecord()])).runs;
if (!run) throw new Error('a record is a run');

test('without problems there is no message', () => {
  const problems = new LogProblems('20261120');
  problems.see(run);
  expect(problems.messages()).toEqual({ damaged: 0, errors: [], warnings: [] });
});

test('one problem of each kind is named with its file, line and job', () => {
  const problems = new LogProblems('20261120');
  problems.add({ line: 3, id: '1.pbs', problem: 'has no end', isLoss: true });
  problems.add({ line: 4, id: null, problem: 'is no record', isLoss: false });
  problems.add({ line: 5, id: '2.pbs', problem: forgeable, isLoss: false });
  problems.see({ ...run, id: '3.pbs', doubt: 'it ended before its start' });
  expect(problems.messages()).toEqual({
    damaged: 1,
    errors: ['1 record of the accounting log cannot be used, and jobs can be missing: 20261120:3 (1.pbs): has no end'],
    warnings: [
      '1 record of the accounting log with a line break in the account or project, in which a user can hide forged records: 20261120:5 (2.pbs); compare these jobs with qstat -x -f, and see hpc-collector help jobs for a hook that refuses such names',
      '1 line of the accounting log ignored; a user can have forged the records around it: 20261120:4: is no record',
      '1 job with doubtful values: 3.pbs: it ended before its start',
    ],
  });
});

test('of many problems the first ten are named and the others counted', () => {
  const problems = new LogProblems('f');
  for (let line = 1; line <= 12; line++) {
    problems.add({ line, id: null, problem: 'lost', isLoss: true });
    problems.add({ line, id: null, problem: 'ignored', isLoss: false });
    problems.add({ line, id: null, problem: forgeable, isLoss: false });
    problems.see({ ...run, id: `${line}`, doubt: 'odd' });
  }
  const ten = (text: (line: number) => string, separator: string, more: string) =>
    [...Array.from({ length: 10 }, (_, index) => text(index + 1)), more].join(separator);
  const { damaged, errors, warnings } = problems.messages();
  expect(damaged).toBe(12);
  expect(errors).toEqual([expect.stringContaining(`12 records of the accounting log cannot be used`)]);
  expect(errors[0]).toEndWith(`: ${ten((line) => `f:${line}: lost`, '; ', 'and 2 more')}`);
  expect(warnings[0]).toContain(`: ${ten((line) => `f:${line}`, ', ', 'and 2 more')}; compare`);
  expect(warnings[1]).toStartWith('12 lines of the accounting log ignored');
  expect(warnings[1]).toEndWith(`around them: ${ten((line) => `f:${line}: ignored`, '; ', 'and 2 more')}`);
  expect(warnings[2]).toBe(`12 jobs with doubtful values: ${ten((line) => `${line}: odd`, '; ', 'and 2 more')}`);
});

test('ten problems are all named', () => {
  const problems = new LogProblems('f');
  for (let line = 1; line <= 10; line++) problems.add({ line, id: null, problem: 'lost', isLoss: true });
  expect(problems.messages().errors[0]).toEndWith('f:9: lost; f:10: lost');
});
