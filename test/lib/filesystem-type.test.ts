import { expect, test } from 'bun:test';
import { statfsSync } from 'node:fs';
import { networkFilesystem } from '../../src/lib/filesystem-type.ts';

test.each([
  [0x6969, 'NFS'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x19830326, 'BeeGFS'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x00c36400, 'Ceph'],
  [0x65735546, 'FUSE'],
  [0xef53, null],
  [0x01021994, null],
])('%p is %p', (type, name) => {
  expect(networkFilesystem(type)).toBe(name);
});

test('a number that the kernel extended by its sign is the same', () => {
  expect(networkFilesystem(0xff534d42 | 0)).toBe('CIFS');
});

test('/proc is not a network filesystem', () => {
  expect(networkFilesystem(statfsSync('/proc').type)).toBeNull();
});
