/** What `detect_outages` looks at, and what keeps it silent. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { install } from '../support/playback.ts';
import { newSite, type Site } from '../support/site.ts';

let site: Site;
beforeEach(() => {
  site = newSite();
});
afterEach(() => site.remove());

async function outages(): Promise<Record<string, unknown>[]> {
  const { stdout } = await site.run('outage', 'ls', '--json', '--all');
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function collect(times: number, system = 'casper'): Promise<void> {
  for (let count = 0; count < times; count++) await site.run('collect', system);
}

const detecting = 'detect_outages: true\n';
const oneBad = `${detecting}outage_rules: { snapshots: 1, bad: 1, good: 1 }\n`;
const brokenDf = { df: '#!/bin/sh\necho "df: Transport endpoint is not connected" >&2; exit 1\n' };

describe('an outage is', () => {
  test('a share of nodes that are down, with a severity by the share', async () => {
    // Its three nodes are all down.
    site.localSystem('casper', {
      recording: 'empty-without-jobs',
      yaml: `${detecting}outage_rules: { nodes_down: 50 }\n`,
    });
    await collect(1);
    expect(await outages()).toEqual([]);
    await collect(1);
    expect((await outages()).find(({ component }) => component === 'Compute nodes')).toMatchObject({
      title: '100 % of the compute nodes are down (3 of 3)',
      severity: 'critical',
    });
  });

  test('a filesystem that is gone, until it is back', async () => {
    install(site.localSystem('casper', { yaml: detecting }), brokenDf);
    await collect(2);
    expect(await outages()).toMatchObject([
      { title: 'Filesystem unavailable: campaign', component: 'Filesystem campaign', severity: 'major' },
    ]);
    site.localSystem('casper', { yaml: detecting });
    await collect(3);
    expect(await outages()).toMatchObject([{ status: 'resolved', end_time: expect.any(String) }]);
  });

  test('a hub that does not answer', async () => {
    site.configure('env', 'JUPYTERHUB_ADMIN_TOKEN=any-token-0123456789\n');
    site.configure('jupyterhub.yaml', `url: http://127.0.0.1:1\n${detecting}`);
    await collect(2, 'jupyterhub');
    expect(await outages()).toMatchObject([
      { system: 'jupyterhub', title: 'JupyterHub does not answer', severity: 'major', status: 'investigating' },
    ]);
  });

  test('one for each component, however many snapshots are bad', async () => {
    install(site.localSystem('casper', { recording: 'empty-without-jobs', yaml: detecting }), brokenDf);
    await collect(4);
    expect((await outages()).map(({ component }) => component).sort()).toEqual([
      'Compute nodes',
      'Filesystem campaign',
    ]);
    expect((await site.entries()).filter(({ stream }) => stream === 'sam/outage')).toHaveLength(2);
  });
});

describe('no outage begins', () => {
  const until = new Date(Date.now() + 3_600_000).toISOString();

  test('in a maintenance, nor from its snapshots after its end', async () => {
    install(site.localSystem('casper', { yaml: detecting }), brokenDf);
    await collect(1);
    await site.run('maintenance', 'start', 'casper', '--until', until);
    await collect(2);
    await site.run('maintenance', 'end', 'casper');
    await collect(1);
    expect(await outages()).toEqual([]);
    await collect(1);
    expect(await outages()).toMatchObject([{ title: 'Filesystem unavailable: campaign' }]);
  });

  test('in a planned outage, until that is resolved', async () => {
    install(site.localSystem('casper', { yaml: oneBad }), brokenDf);
    const planned = ['--title', 'New pumps', '--severity', 'maintenance', '--eta', until];
    const { stdout } = await site.run('outage', 'report', 'casper', ...planned);
    await collect(2);
    expect((await outages()).map(({ title }) => title)).toEqual(['New pumps']);
    await site.run('outage', 'resolve', stdout.trim());
    await collect(1);
    expect((await outages()).map(({ title }) => title)).toContain('Filesystem unavailable: campaign');
  });
});
