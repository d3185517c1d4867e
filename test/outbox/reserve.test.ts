import { afterEach, expect, test } from 'bun:test';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { giveUpReserve, hasReserve, keepReserve } from '../../src/outbox/reserve.ts';
import { mountDisk, onDisk } from '../support/disk.ts';
import { quickDirectory } from '../support/files.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

onDisk('the reserve holds real room, and gives it back', () => {
  const disk = mountDisk(4096);
  cleanups.push(disk.remove);
  const outbox = join(disk.path, 'outbox.db');
  keepReserve(outbox);
  const { size, blocks, mode } = statSync(`${outbox}.reserve`);
  expect({ size, bytes: blocks * 512, mode: mode & 0o777 }).toEqual({ size: 2 ** 20, bytes: 2 ** 20, mode: 0o600 });
  disk.fill();
  const write = () => writeFileSync(join(disk.path, 'more'), new Uint8Array(2 ** 19));
  expect(write).toThrow('ENOSPC');
  expect(giveUpReserve(outbox)).toBe(true);
  expect(write).not.toThrow();
  expect(giveUpReserve(outbox)).toBe(false);
});

onDisk('without twice its room there is none, and no part of one', () => {
  const disk = mountDisk(4096);
  cleanups.push(disk.remove);
  const outbox = join(disk.path, 'outbox.db');
  disk.fill(1.5 * 2 ** 20);
  keepReserve(outbox);
  expect(existsSync(`${outbox}.reserve`)).toBe(false);
  disk.free();
  disk.fill(2 * 2 ** 20);
  keepReserve(outbox);
  expect(existsSync(`${outbox}.reserve`)).toBe(true);
});

test('a reserve of the right size is kept, and one of another size is replaced', () => {
  const { path, remove } = quickDirectory();
  cleanups.push(remove);
  const outbox = join(path, 'outbox.db');
  expect(hasReserve(outbox)).toBe(false);
  keepReserve(outbox);
  expect(hasReserve(outbox)).toBe(true);
  const state = () => {
    const { ino, size } = statSync(`${outbox}.reserve`);
    return { ino, size };
  };
  const first = state();
  keepReserve(outbox);
  expect(state()).toEqual(first);
  writeFileSync(`${outbox}.reserve`, 'cut off');
  keepReserve(outbox);
  expect(state().size).toBe(2 ** 20);
});

test('a directory in the place of the reserve stays', () => {
  const { path, remove } = quickDirectory();
  cleanups.push(remove);
  const outbox = join(path, 'outbox.db');
  mkdirSync(`${outbox}.reserve`);
  keepReserve(outbox);
  expect(giveUpReserve(outbox)).toBe(false);
  expect(statSync(`${outbox}.reserve`).isDirectory()).toBe(true);
});

test('a missing directory has no reserve', () => {
  keepReserve('/nowhere/outbox.db');
  expect(giveUpReserve('/nowhere/outbox.db')).toBe(false);
});
