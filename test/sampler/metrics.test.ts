/** Measured values as Prometheus metrics. */

import { describe, expect, test } from 'bun:test';
import { metricsText } from '../../src/sampler/outputs/metrics.ts';

const data = {
  'sams.sampler.Core': { jobid: 12, node: 'c001' },
  'sams.sampler.SlurmInfo': { account: 'a"b\\c\nd', username: 'bob' },
  'sams.sampler.Software': { current: { total_user: 1.5, note: 'text' } },
};
const rules = {
  static_map: { cluster: 'hpc1' },
  map: { account: 'sams.sampler.SlurmInfo/account', jobid: '/sams.sampler.Core/jobid' },
};
const metric = 'slurm_cpu{cluster="%(cluster)s",jobid="%(jobid)s",mode="%(mode)s"}';

describe.each([
  'sams.sampler.Software/current/total_(?P<mode>user)$',
  '^/sams.sampler.Software/current/total_(?<mode>user)',
  '^sams.sampler.Software/current/total_(?<mode>user)',
])('the path %s', (path) => {
  test('gives a metric with its labels', () => {
    expect(metricsText(data, { ...rules, metrics: { [path]: metric } })).toBe(
      '# HELP slurm_cpu Job Usage Metrics\n# TYPE slurm_cpu gauge\nslurm_cpu{cluster="hpc1",jobid="12",mode="user"} 1.5\n',
    );
  });
});

test('labels are escaped', () => {
  const text = metricsText(data, { ...rules, metrics: { '.*/total_user': 'x{account="%(account)s"}' } });
  expect(text).toContain('x{account="a\\"b\\\\c\\nd"} 1.5\n');
});

test('a metric without one of its labels, and a value that is no number, are left out', () => {
  const metrics = { '.*/total_user': 'x{gone="%(gone)s"}', '.*/note': 'y', '.*/username': 'z' };
  expect(metricsText(data, { ...rules, metrics })).toBe('');
});
