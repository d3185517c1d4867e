import { describe, expect, test } from 'bun:test';
import { checkedHost, sameHost } from '../../src/exec/host-name.ts';
import { OperatorError } from '../../src/lib/errors.ts';

test.each(['derecho', 'user@derecho.hpc.ucar.edu', 'a-b_c.d', '10.0.0.1', 'fe80::1', 'x.y@h'])(
  '%p is a host',
  (host) => {
    expect(checkedHost(host)).toBe(host);
  },
);

test.each([
  '',
  '-oProxyCommand=x',
  'a b',
  'a;b',
  '@a',
  'a@',
  'a@-b',
  '-u@b',
  'a@b@c',
  'a/b',
  'a\n',
  '[::1]',
  'ä',
  'a'.repeat(256),
])('%p is refused as a host', (host) => {
  expect(() => checkedHost(host)).toThrow(OperatorError);
});

describe('hosts are the same', () => {
  test.each([
    ['derecho1', 'derecho1.hsn.de.hpc.ucar.edu', true],
    ['root@DERECHO1.hpc.ucar.edu', 'derecho1', true],
    ['derecho1', 'derecho2', false],
    ['10.0.0.1', '10.0.0.2', false],
    ['10.0.0.1', '10.0.0.1', true],
    ['fe80::1', 'FE80::1', true],
  ])('%p and %p: %p', (one, other, same) => {
    expect(sameHost(one, other)).toBe(same);
  });
});
