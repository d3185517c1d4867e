/** What a preview of an export prints. */

import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { existsSync } from 'node:fs';
import * as output from '../../../src/lib/output.ts';
import { exportHistory } from '../../../src/run/jobs/exporting.ts';
import { previewHistory } from '../../../src/run/jobs/previewing.ts';
import { newPlace, type Place } from '../place.ts';
import { day1, day2, day3, jobOf, requestFor, slurm, thatEnded } from './farm.ts';

let place: Place;
let printed: string[];
let print: ReturnType<typeof spyOn>;
beforeEach(() => {
  place = newPlace({ 'collector.yaml': 'jobs: { cluster_name: farm }\n' });
  printed = [];
  print = spyOn(output, 'print').mockImplementation((text) => void printed.push(text));
});
afterEach(() => {
  print.mockRestore();
  place.remove();
});

const threeJobs = jobOf(day1, 1) + jobOf(day1, 2) + jobOf(day2, 3);

/** Previews an export. Returns the exit code, and the lines of the log. */
async function preview(lines: string, show: 'numbers' | 'bodies', options: Parameters<typeof requestFor>[2] = {}) {
  place.lines.length = 0;
  printed.length = 0;
  const code = await previewHistory(requestFor(place.context, slurm(lines), options), place.context, show);
  return [code, ...place.lines];
}

const reading = `INFO Reading: jobs of farm that ended ${day1} 00:00:00 to ${day3} 00:00:00 UTC`;
const numbers = (rows: number, jobs: number, fresh: number, cpuHours: string, gpuHours: string) =>
  `Extracted ${rows} raw job records
Filtered to ${jobs} completed job records
DRY RUN: Would submit the following:
  Cluster: farm
  Jobs: ${jobs}
  New or changed: ${fresh}
  Total CPU-hours: ${cpuHours}
  Total GPU-hours: ${gpuHours}
`;

describe('the numbers', () => {
  test('are those of all days, and nothing is stored', async () => {
    expect(await preview(threeJobs, 'numbers')).toEqual([0, reading]);
    // Slurm here prints every job for each of the two days.
    expect(printed).toEqual([numbers(6, 3, 3, '1.50', '0.75')]);
    expect(existsSync(place.file)).toBe(false);
  });

  test('count new jobs apart from those that were stored before, unless they are sent again', async () => {
    await exportHistory(requestFor(place.context, slurm(threeJobs)), place.context);
    await preview(threeJobs + jobOf(day2, 4), 'numbers');
    expect(printed).toEqual([numbers(8, 4, 1, '2.00', '1.00')]);
    await preview(threeJobs, 'numbers', { isAgain: true });
    expect(printed).toEqual([numbers(6, 3, 3, '1.50', '0.75')]);
  });

  test('are those of the other records if some cannot be read, and the exit code is 1', async () => {
    const [code, , ...lines] = await preview(`${threeJobs}9\u001fshort\n`, 'numbers');
    expect(code).toBe(1);
    const problem = /^ERROR ✗ 1 record of sacct cannot be read and is left out: /;
    expect(lines).toEqual([expect.stringMatching(problem), expect.stringMatching(problem)]);
    expect(printed).toEqual([numbers(8, 3, 3, '1.50', '0.75')]);
  });

  test('of no jobs are zeros', async () => {
    expect(await preview('', 'numbers', { days: [day1] })).toEqual([
      0,
      `INFO Reading: jobs of farm ${thatEnded(day1)}`,
    ]);
    expect(printed).toEqual([numbers(0, 0, 0, '0.00', '0.00')]);
  });
});

describe('the bodies', () => {
  const idsOf = (text: string) => {
    const { hostname, jobs } = JSON.parse(text);
    return [hostname, ...jobs.map(({ JobID }: { readonly JobID: string }) => JobID)];
  };

  test('are printed one per line, and nothing else is', async () => {
    expect(await preview(threeJobs, 'bodies')).toEqual([0, reading]);
    expect(printed.map((text) => text.match(/\n/g)?.length)).toEqual([1, 1]);
    expect(printed.map(idsOf)).toEqual([
      ['farm', '1', '2'],
      ['farm', '3'],
    ]);
    expect(existsSync(place.file)).toBe(false);
  });

  test('have only new jobs', async () => {
    await exportHistory(requestFor(place.context, slurm(jobOf(day1, 1))), place.context);
    expect(await preview(threeJobs, 'bodies')).toEqual([0, reading]);
    expect(printed.map(idsOf)).toEqual([
      ['farm', '2'],
      ['farm', '3'],
    ]);
  });
});
