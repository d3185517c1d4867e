/** Which command lines `jobs export` refuses. */

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { program } from '../../support/every-command.ts';
import { runInProcess } from '../../support/in-process.ts';
import { newSite, type Site } from '../../support/site.ts';

let site: Site;
beforeEach(() => {
  site = newSite();
});
afterEach(() => site.remove());

const exportJobs = (...args: string[]) => runInProcess(program, ['jobs', 'export', ...args], site.env);
const refused = (message: string) => ({ exit: 2, stdout: '', stderr: `hpc-collector: ${message}\n` });
const needsRange = '--again needs a range: give --since, --start-date or --days with it';

test.each([
  [['--dry-run', '--json-only'], '--dry-run and --json-only cannot be used together: give one of them'],
  [['--again'], needsRange],
  [['--again', '--until', '2026-01-01'], needsRange],
  [['--again', '--end-date', '2026-01-01', '--dry-run'], needsRange],
  [['--again', '--since', 'x', '--dry-run'], '--since x: give a time in ISO 8601, UTC, such as 2026-05-01T18:00'],
  [['--again', '--start-date', 'x', '--dry-run'], '--start-date x: give a day, such as 2026-05-01'],
  [['--again', '--days', 'x', '--dry-run'], '--days x: give a number of days'],
])('%j is refused', async (args, message) => {
  expect(await exportJobs(...args)).toEqual(refused(message));
});
