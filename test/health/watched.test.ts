import { expect, test } from 'bun:test';
import { loadConfig } from '../../src/config/load.ts';
import { watchedSystems } from '../../src/health/watched.ts';
import { withConfigDirectory } from '../support/systems.ts';

/** The systems that health expects on host `here`, with these files. */
const watched = (files: Record<string, string>) =>
  withConfigDirectory(files, (directory) => watchedSystems(loadConfig(directory, {}), 'here'));

test('without enabled systems, those with entries are watched', () => {
  expect(watched({})).toBeNull();
});

test('the enabled systems of this host are watched once each, and one whose file is wrong is, too', () => {
  const systems = {
    'collector.yaml': 'systems: [casper, elsewhere, ours, broken, gone, casper]\n',
    'elsewhere.yaml': 'hosts: [there]\n',
    'ours.yaml': 'hosts: [there, here]\n',
    'broken.yaml': 'load_as: fast\n',
  };
  expect(watched(systems)).toEqual(['casper', 'ours', 'broken', 'gone']);
});
