import { expect, test } from 'bun:test';
import { slurmVersionLine, tooOld } from '../../src/slurm/version.ts';

test.each([
  ['slurm 22.05.8\n', 'slurm 22.05.8', null],
  ['Maintenance on 12.11. from 08:00\nslurm-wlm 22.05.8\n', 'slurm-wlm 22.05.8', null],
  ['slurm 20.11.9', 'slurm 20.11.9', 'slurm 20.11.9 is older than 21.08, the oldest supported Slurm'],
  ['Maintenance on 12.11. from 08:00\n', null, null],
])('the version in %j is %p', (text, line, problem) => {
  expect([slurmVersionLine(text), tooOld(text)]).toEqual([line, problem]);
});
