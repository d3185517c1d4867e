import { expect, test } from 'bun:test';
import { hiddenBy } from '../../src/slurm/private-data.ts';

const config = (value: string) =>
  `PriorityWeightTRES      = (null)\nPrivateData             = ${value}\nProctrackType = x\n`;

test.each(['none', 'usage', 'accounts,events,users', 'cloud'])(
  'PrivateData = %s hides nothing that is counted',
  (value) => {
    expect(hiddenBy(config(value))).toBeNull();
  },
);

test('hidden data are named', () => {
  expect(hiddenBy(config('accounts,jobs,nodes,usage'))).toContain('hides jobs, nodes (PrivateData)');
  expect(hiddenBy('')).toBeNull();
});
