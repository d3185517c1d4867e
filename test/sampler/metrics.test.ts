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

test('metrics and their lines are sorted, and a value can be in several of them', () => {
  const many = {
    b: { x: 2, y: '-0.5', text: 'no', none: null, is: true, not: false, empty: '', list: [7, 8] },
    a: { x: 0 },
  };
  const metrics = { '(?<group>.)/(?<name>.*)': 'z{g="%(group)s",n="%(name)s"}', 'b/x': 'y', '/a/x': 'y{a="1"}' };
  expect(metricsText(many, { static_map: {}, map: {}, metrics })).toBe(`# HELP y Job Usage Metrics
# TYPE y gauge
y 2
y{a="1"} 0
# HELP z Job Usage Metrics
# TYPE z gauge
z{g="a",n="x"} 0
z{g="b",n="x"} 2
z{g="b",n="y"} -0.5
`);
});

test('metrics are sorted whatever the order of the rules', () => {
  const metrics = { a: 'm', b: 'c', c: 'x', d: 'a' };
  const text = metricsText({ a: 1, b: 2, c: 3, d: 4 } as never, { static_map: {}, map: {}, metrics });
  expect(text.match(/^\w+ \d/gm)).toEqual(['a 4', 'c 2', 'm 1', 'x 3']);
});

describe('a label', () => {
  const rulesOf = (map: Readonly<Record<string, string>>) => ({
    static_map: { label: 'fixed' },
    map,
    metrics: { 'v/(?<own>n)': 'm{label="%(label)s"}' },
  });
  const label = (value: unknown, map: Readonly<Record<string, string>> = { label: '/v/label' }) =>
    metricsText({ v: { n: 1, label: value as string } }, rulesOf(map)).split('\n')[2];

  test.each([
    ['looked up', 'm{label="looked up"} 1'],
    [0, 'm{label="0"} 1'],
    [false, 'm{label="false"} 1'],
    ['', 'm{label="fixed"} 1'],
    [null, 'm{label="fixed"} 1'],
  ])('that looks up %p', (value, line) => {
    expect(label(value)).toBe(line);
  });

  test('whose value is not in the data is the fixed one', () => {
    expect(label('x', { label: 'v/gone' })).toBe('m{label="fixed"} 1');
  });

  test('that is empty leaves the metric out', () => {
    const metrics = { 'v/n': 'm{a="%(empty)s"}' };
    expect(metricsText({ v: { n: 1 } }, { static_map: { empty: '' }, map: {}, metrics })).toBe('');
  });

  test('can be a named group that replaces another of its name, and has no name of an object', () => {
    const data = { v: { n: 1 } };
    const text = (template: string) =>
      metricsText(data, { static_map: { g: 'fixed' }, map: {}, metrics: { 'v/(?<g>n)': template } });
    expect(text('m{g="%(g)s"}')).toContain('m{g="n"} 1');
    expect(text('m{g="%(constructor)s"}')).toBe('');
  });
});

test('labels are escaped wherever a character is', () => {
  const value = '\\a\\"b"\nc\n';
  const metrics = { 'v/n': 'm{l="%(l)s"}' };
  expect(metricsText({ v: { n: 1, l: value } }, { static_map: {}, map: { l: 'v/l' }, metrics })).toContain(
    'm{l="\\\\a\\\\\\"b\\"\\nc\\n"} 1',
  );
});

test('a metric without one of its labels, and a value that is no number, are left out', () => {
  const metrics = { '.*/total_user': 'x{gone="%(gone)s"}', '.*/note': 'y', '.*/username': 'z' };
  expect(metricsText(data, { ...rules, metrics })).toBe('');
});
