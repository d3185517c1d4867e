import { expect, test } from 'bun:test';
import { isClusterName } from '../../src/lib/cluster-name.ts';

test.each(['a', '7', '_farm', 'Farm_2.example.org', 'hpc-cluster-01', 'x'.repeat(64)])('%p is a name', (name) => {
  expect(isClusterName(name)).toBe(true);
});

test.each(['', ' ', '.', '..', '-a', 'a b', 'a/b', 'a,b', '*', 'a\n', '\u001b[2J', 'é', 'x'.repeat(65)])(
  '%p is not a cluster name',
  (name) => {
    expect(isClusterName(name)).toBe(false);
  },
);
