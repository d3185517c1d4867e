/** Which clusters an export means. */

import { expect, test } from 'bun:test';
import { jobsSettings } from '../../../src/config/jobs.ts';
import { chosenClusters } from '../../../src/run/jobs/export-request.ts';

const single = jobsSettings.parse({ batch_jobs: 7 });
const several = jobsSettings.parse({ clusters: { farm: { timeout: 11 }, casper: {} } });
const none = jobsSettings.parse({ clusters: {} });

const namesOf = (...args: Parameters<typeof chosenClusters>) => chosenClusters(...args).map(({ cluster }) => cluster);

test('without clusters in the configuration, it is one with the given name, or with that of Slurm', () => {
  expect(namesOf(single, 'farm')).toEqual(['farm']);
  expect(namesOf(single, null)).toEqual([null]);
  expect(chosenClusters(single, 'farm')[0]?.jobs).toMatchObject({ batch_jobs: 7 });
});

test('without a name, they are all that are configured, each with its settings', () => {
  expect(namesOf(several, null)).toEqual(['farm', 'casper']);
  expect(chosenClusters(several, null)[0]?.jobs).toMatchObject({ cluster_name: 'farm', timeout: 11 });
});

test('with a name, it is the one of that name', () => {
  expect(namesOf(several, 'casper')).toEqual(['casper']);
});

test.each([
  [
    several,
    'nowhere',
    '--cluster-name nowhere: jobs.clusters in collector.yaml has no such cluster; it has farm, casper',
  ],
  [none, 'farm', '--cluster-name farm: jobs.clusters in collector.yaml has no such cluster; it has none'],
  [none, null, 'jobs.clusters in collector.yaml has no cluster: add one, or remove clusters'],
  [several, '../evil', '--cluster-name'],
  [single, '../evil', '--cluster-name'],
])('of a configuration, %# is refused', (settings, name, message) => {
  expect(() => chosenClusters(settings, name)).toThrow(message);
});
