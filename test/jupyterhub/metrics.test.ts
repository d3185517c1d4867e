import { expect, test } from 'bun:test';
import { parseMetrics } from '../../src/jupyterhub/metrics.ts';

test('each metric is the sum of all its series, 0 included', () => {
  const text = `# TYPE one gauge
one 1
zero 0
zero{a="b"} 0
many{a="1"} 1
many{a="2"} 2
other 8
many{a="}",b="\\"x"}\t4 1700000000000
below -1
infinite +Inf
none NaN
 indented 1
novalue7
noblank{a="1"}7
broken{a="1" 1
`;
  expect([...parseMetrics(text)]).toEqual([
    ['one', 1],
    ['zero', 0],
    ['many', 7],
    ['other', 8],
    ['below', -1],
  ]);
});
