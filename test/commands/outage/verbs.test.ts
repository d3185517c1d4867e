/** What the commands of `outage` print. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { attemptAt, get, put } from '../../outbox/queue.ts';
import { changeOutbox } from '../../support/change-outbox.ts';
import { program } from '../../support/every-command.ts';
import { runInProcess } from '../../support/in-process.ts';
import { newSite, type Site } from '../../support/site.ts';

let site: Site;
beforeEach(() => {
  site = newSite();
});
afterEach(() => site.remove());

const outage = (...args: string[]) => runInProcess(program, ['outage', ...args], site.env);
const refused = (message: string) => ({ exit: 2, stdout: '', stderr: `hpc-collector: ${message}\n` });
const report = (system: string, ...args: string[]) =>
  outage('report', system, '--title', 'Scratch is slow', '--severity', 'minor', ...args);
const stored = 'Stored; the next run delivers it, or: hpc-collector drain --stream sam/outage\n';
const firstRow = 'It changes the row that the destination makes of the first report\n';

describe('a report', () => {
  test('prints its key, and how it is delivered', async () => {
    const reported = await report('casper');
    expect(reported).toEqual({ exit: 0, stdout: expect.stringMatching(/^[0-9a-f-]{36}\n$/), stderr: stored });
    const key = reported.stdout.trim();
    const after = { exit: 0, stdout: reported.stdout, stderr: `${stored}${firstRow}` };
    expect(await outage('update', key.slice(0, 20), '--severity', 'major')).toEqual(after);
    expect(await outage('resolve', key, '--description', 'Repaired')).toEqual(after);
  });

  test('of a system with several destinations names no stream', async () => {
    site.configure('collector.yaml', 'destinations: { other: { kind: sam, url: "https://other.example.org" } }\n');
    site.localSystem('casper', { yaml: 'deliver_to: [sam, other]\n' });
    expect((await report('casper')).stderr).toBe('Stored; the next run delivers it, or: hpc-collector drain\n');
  });

  test('of a system that is not configured is stored with a warning', async () => {
    const { exit, stderr } = await report('Gust');
    expect(exit).toBe(0);
    expect(stderr.replace(/^\[.*?\] /, '')).toBe(
      `WARNING [collector] 'gust' is not a system of this configuration (casper, derecho, jupyterhub): is it mistyped?\n${stored}`,
    );
  });

  test.each([
    ['resolved', '--status resolved: an outage ends with: hpc-collector outage resolve'],
    ['open', '--status open: give investigating, identified, monitoring'],
  ])('with the status %s is refused', async (status, message) => {
    expect(await report('casper', '--status', status)).toEqual(refused(message));
    expect(await outage('update', '01', '--status', status)).toEqual(refused(message));
  });

  test('without a change is refused', async () => {
    expect(await outage('update', '01')).toEqual(
      refused('no change is given: use --title, --severity, --status, --component, --description, --eta'),
    );
  });

  const words = new Map([
    ['severity', 'major'],
    ['status', 'identified'],
    ['eta', '2026-01-03T00:00:00.000Z'],
  ]);
  test.each(['title', 'severity', 'status', 'component', 'description', 'eta'])('changes only the %s', async (name) => {
    const key = (await report('casper', '--start', '2026-01-01T00:00')).stdout.trim();
    const value = words.get(name) ?? 'Other';
    expect((await outage('update', key, `--${name}`, value)).exit).toBe(0);
    const changed = name === 'eta' ? 'estimated_resolution' : name;
    const line = JSON.parse((await outage('ls', '--json')).stdout);
    expect(line).toMatchObject({
      key,
      title: 'Scratch is slow',
      severity: 'minor',
      status: 'investigating',
      [changed]: value,
    });
  });
});

describe('ls', () => {
  test('of no outage says so', async () => {
    const none = { exit: 0, stdout: 'No outage is known.\n', stderr: '' };
    expect(await outage('ls')).toEqual(none);
    expect(await outage('ls', '--json')).toEqual({ ...none, stdout: '' });
    changeOutbox(site, () => {});
    expect(await outage('ls')).toEqual(none);
    expect(await outage('ls', '--json')).toEqual({ ...none, stdout: '' });
  });

  test('prints the row that a destination made, and the end', async () => {
    const start = ['--start', '2026-01-01T00:00', '--eta', '2026-01-02T00:00'];
    const key = (await report('casper', ...start, '--component', 'scratch')).stdout.trim();
    changeOutbox(site, (box) => {
      for (const { id } of box.list('pending'))
        box.delivered(get(box, id), attemptAt(new Date()), '{"success":true,"outage_id":41}');
    });
    const header = `${'KEY'.padEnd(36)}  SYSTEM  SEVERITY  STATUS    SINCE (UTC)\n`;
    expect((await outage('resolve', key, '--end', '2026-01-01T12:00')).stderr).toBe(
      `${stored}It changes the row with outage_id 41\n`,
    );
    expect((await outage('ls')).stdout).toBe('No outage is known.\n');
    expect((await outage('ls', '--all')).stdout).toBe(
      `${header}${key}  casper  minor     resolved  2026-01-01 00:00:00
    scratch: Scratch is slow
    until 2026-01-01 12:00:00, report pending, outage_id 41
`,
    );
    expect(JSON.parse((await outage('ls', '--all', '--json')).stdout)).toEqual({
      key,
      system: 'casper',
      title: 'Scratch is slow',
      severity: 'minor',
      status: 'resolved',
      component: 'scratch',
      description: null,
      start_time: '2026-01-01T00:00:00.000Z',
      end_time: '2026-01-01T12:00:00.000Z',
      estimated_resolution: '2026-01-02T00:00:00.000Z',
      reported_at: expect.stringMatching(/^20.*Z$/),
      rule: null,
      affected: [],
      outage_ids: [41],
      delivery: 'pending',
      answers: { sam: [41] },
    });
  });

  test('shortens keys on a terminal only as far as they are unique, and cuts long titles', async () => {
    const keys: string[] = [];
    for (const title of ['x'.repeat(161), 'second', 'third'])
      keys.push((await outage('report', 'casper', '--title', title, '--severity', 'minor')).stdout.trim());
    const [first = ''] = keys;
    const alike = `${first.slice(0, 14)}${'0'.repeat(22)}`;
    changeOutbox(site, ({ database }) => {
      database.run('PRAGMA foreign_keys = OFF');
      database.run('UPDATE outages SET key = ? WHERE key = ?', [alike, keys[1] ?? '']);
    });
    const wide = await runInProcess(program, ['outage', 'ls'], site.env, 300);
    expect(wide.stdout).toContain(`\n    ${'x'.repeat(160)}…\n`);
    const shown = [...wide.stdout.matchAll(/^([0-9a-f-]+) {2}casper/gm)].map(([, key = '']) => key);
    expect(shown).toHaveLength(3);
    expect(new Set(shown).size).toBe(3);
    expect(new Set(shown.map((key) => key.length)).size).toBe(1);
    expect(shown[0]?.length).toBeWithin(14, 24);
  });
});

describe('detect', () => {
  test('needs a system that detects outages', async () => {
    changeOutbox(site, (box) => put(box));
    const file = join(site.configDirectory, 'casper.yaml');
    const { exit, stderr } = await outage('detect', 'casper');
    expect(exit).toBe(2);
    expect(stderr.replace(/^\[.*?\] /, '')).toBe(
      `ERROR [collector] ✗ outages of casper are not detected unless ${file} has detect_outages: true; see what would be reported with: hpc-collector outage detect casper --dry-run\n`,
    );
  });

  test('of an unknown system and a known one checks the known one, and fails', async () => {
    for (const outboxExists of [false, true]) {
      if (outboxExists) changeOutbox(site, (box) => put(box));
      const { exit, stdout, stderr } = await outage('detect', 'caspr', 'casper', '--dry-run');
      expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
      expect(stderr).toContain("there is no system 'caspr'");
      expect(await outage('detect', 'casper', '--dry-run')).toEqual({ exit: 0, stdout: '', stderr: '' });
    }
    site.configure('casper.yaml', 'detect_outages: true\n');
    expect(await outage('detect', 'casper')).toEqual({ exit: 0, stdout: '', stderr: '' });
    expect((await outage('detect', 'caspr', 'casper')).exit).toBe(2);
  });
});
