/** The recorded answers of a JupyterHub with 5,000 users that have servers. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fixtures, newSite, type Site } from '../support/site.ts';

const recording = join(fixtures, 'jupyterhub');

let site: Site;
beforeAll(() => {
  site = newSite();
  site.configure('env', 'JUPYTERHUB_ADMIN_TOKEN=any-token-0123456789\n');
  site.configure(
    'jupyterhub.yaml',
    `url: http://127.0.0.1:8000
session_rules:
  - { when: { state: { resource: null } }, class: jobs_suspended }
  - { when: { options: { profile: casper-login } }, class: casper_login_jobs }
  - { when: { state: { resource: casper-batch } }, class: casper_batch_jobs }
  - { when: { options: { profile: 'derecho-*' } }, class: derecho_batch_jobs }
`,
  );
});
afterAll(() => site.remove());

test('all of its pages are one snapshot: users, sessions, and the class of each', async () => {
  const { exit, stderr } = await site.run('collect', 'jupyterhub', '--replay', recording);
  expect(stderr).toContain('Sessions: 5384 of 4904 users');
  expect(exit).toBe(0);
  const [entry] = await site.entries();
  expect(entry).toMatchObject({ failed_probes: [] });
  const shown = await site.run('outbox', 'show', entry?.id ?? '', '--json');
  expect(JSON.parse(shown.stdout).body).toMatchObject({
    available: true,
    active_users: 4904,
    active_sessions: 5384,
    casper_login_jobs: 1619,
    casper_batch_jobs: 2097,
    derecho_batch_jobs: 1620,
    jobs_suspended: 48,
  });
});

test('if one page is missing, the probe fails and no partial count is sent', async () => {
  const torn = join(site.directory, 'torn');
  cpSync(recording, torn, { recursive: true });
  const list = join(torn, 'recording.yaml');
  writeFileSync(list, readFileSync(list, 'utf8').replace('offset=2000&', 'offset=1999&'));
  const { exit, stderr } = await site.run('collect', 'jupyterhub', '--replay', torn);
  expect(exit).toBe(1);
  expect(stderr).toMatch(/ERROR \[jupyterhub\] hub: \S+: GET .* is not recorded \(page 11\)/);
  expect(await site.entries()).toHaveLength(1);
  rmSync(torn, { recursive: true });
});
