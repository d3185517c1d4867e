import { expect, test } from 'bun:test';
import { slurmProbes } from '../../src/slurm/probes.ts';
import { jobLine, slurmAnswering, slurmSystem } from '../support/slurm-output.ts';

const mebibyte = 1024 ** 2;

test('a hundred thousand jobs are read in the memory of a few', async () => {
  const held: number[] = [];
  function* many(): Generator<Uint8Array> {
    for (let hundred = 0; hundred < 1000; hundred += 1) {
      const lines = Array.from({ length: 100 }, (_, index) => jobLine({ JobArrayID: String(hundred * 100 + index) }));
      yield Buffer.from(lines.join(''));
      if (hundred % 100 !== 50) continue;
      Bun.gc(true);
      held.push(process.memoryUsage().heapUsed);
    }
  }
  let count = 0;
  const executor = slurmAnswering({ jobs: { stdout: { [Symbol.iterator]: many } } });
  const probed = await slurmProbes(slurmSystem, executor).jobs(() => {
    count += 1;
  });
  expect(probed).toMatchObject({ kind: 'done', damaged: { count: 0 } });
  expect(count).toBe(100_000);
  expect(Math.max(...held) - (held[0] ?? 0)).toBeLessThan(8 * mebibyte);
});
