import { expect, test } from 'bun:test';
import { gibibytesOf } from '../../src/slurm/memory.ts';
import { parseTres } from '../../src/slurm/tres.ts';

const none = { cpus: 0, gpus: 0, nodes: 0, memoryGib: 0 };

test.each([
  ['billing=1,cpu=1,mem=50M,node=1', { ...none, cpus: 1, nodes: 1, memoryGib: 50 / 1024 }],
  // As sacct has them, and as scontrol and squeue do.
  ['billing=4,cpu=4,gres/gpu:a100=3,gres/gpu=3,mem=2G,node=1', { cpus: 4, gpus: 3, nodes: 1, memoryGib: 2 }],
  [
    'cpu=4,mem=12000M,node=2,billing=4,gres/gpu=3,gres/gpu:a100=1,gres/gpu:v100=2',
    { cpus: 4, gpus: 3, nodes: 2, memoryGib: 12000 / 1024 },
  ],
  // Where the site accounts for types only.
  ['cpu=1,gres/gpu:a100=1,gres/gpu:v100=2', { ...none, cpus: 1, gpus: 3 }],
  ['cpu=1,gres/gpu=2,gres/gpumem=80G,license/x=3,fs/disk=1', { ...none, cpus: 1, gpus: 2 }],
  ['', none],
])('resources %s', (text, tres) => {
  expect(parseTres(text)).toEqual(tres);
});

test.each(['cpu=x', 'cpu=-1', 'mem=lots', 'gres/gpu=1.5', 'cpu='])('%s is no amount of resources', (text) => {
  expect(parseTres(text)).toBeNull();
});

test('memory is in powers of 1024, and in megabytes without a unit', () => {
  expect(['6000', '100M', '11.5G', '2T', '1048576K', '', 'N/A', '1X'].map(gibibytesOf)).toEqual([
    6000 / 1024,
    100 / 1024,
    11.5,
    2048,
    1,
    null,
    null,
    null,
  ]);
});
