/** What the executable makes of recordings of eight years of Slurm releases, compared with what each cluster really had. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { quoteArgument } from '../../src/exec/quote.ts';
import { install } from '../support/playback.ts';
import { fixtures, newSite, type Site } from '../support/site.ts';

const releases = join(fixtures, 'slurm-releases');
const foldersWith = (file: string) => globSync(`*/*/${file}`, { cwd: releases }).map(dirname).sort();
const textOf = (folder: string, file: string) => readFileSync(join(releases, folder, file), 'utf8');

const counts = z.record(z.string(), z.number());
const truthSchema = z
  .object({
    queues: z.record(z.string(), counts),
    queue_definitions: z.record(z.string(), z.tuple([z.boolean(), z.boolean()])),
    reservations: z.record(z.string(), z.tuple([z.string(), z.string(), z.number()])),
  })
  .catchall(z.number());

const payloadSchema = z
  .object({
    queues: z.array(z.object({ queue_name: z.string() }).catchall(z.number())),
    user_project_queues: z.array(z.record(z.string(), z.union([z.string(), z.number()]))),
    queue_definitions: z.array(z.object({ queue_name: z.string(), enabled: z.boolean(), started: z.boolean() })),
    reservations: z.array(
      z.object({ reservation_name: z.string(), start_time: z.string(), end_time: z.string(), node_count: z.number() }),
    ),
  })
  .loose();

let site: Site;
beforeAll(() => {
  site = newSite();
  site.configure(
    'farm.yaml',
    `scheduler: slurm
node_rules:
  - { when: { resources: { ngpus: { at_least: 1 } } }, class: gpu }
  - { class: cpu }
`,
  );
});
afterAll(() => site.remove());

describe('a snapshot', () => {
  test.each(foldersWith('recording.yaml'))('of %s has what the cluster had', async (folder) => {
    const { exit, stdout, stderr } = await site.run(
      'collect',
      'farm',
      '--json-only',
      '--replay',
      join(releases, folder),
    );
    expect({ exit, problems: stderr.match(/(ERROR|WARNING).*/g) }).toEqual({ exit: 0, problems: null });
    const payload = payloadSchema.parse(JSON.parse(stdout));
    const { queues, queue_definitions, reservations, ...totals } = truthSchema.parse(
      JSON.parse(textOf(folder, 'truth.json')),
    );
    expect(payload).toMatchObject(totals);
    expect(Object.fromEntries(payload.queues.map(({ queue_name, ...row }) => [queue_name, row]))).toEqual(queues);
    expect(
      Object.fromEntries(payload.queue_definitions.map((one) => [one.queue_name, [one.enabled, one.started]])),
    ).toEqual(queue_definitions);
    const times = payload.reservations.map((one) => [
      one.reservation_name,
      [one.start_time.slice(0, 19), one.end_time.slice(0, 19), one.node_count],
    ]);
    expect(Object.fromEntries(times)).toEqual(reservations);
    // A user whose only job is completing has no row.
    for (const row of payload.user_project_queues)
      expect(Object.values(row).some((value) => typeof value === 'number' && value > 0)).toBe(true);
  });
});

describe('an export', () => {
  const records = z.record(z.string(), z.record(z.string(), z.union([z.string(), z.number(), z.null()])));
  const bodySchema = z.object({
    jobs: z.array(
      z
        .object({
          JobID: z.string(),
          Submit: z.string(),
          NodeList: z.string().nullable(),
          Start: z.string().nullable(),
        })
        .catchall(z.union([z.string(), z.number(), z.null()])),
    ),
  });

  test.each(foldersWith('window.txt'))('of %s has the jobs as slurmdbd has them', async (folder) => {
    const programs = join(site.directory, basename(dirname(folder)), basename(folder));
    const version = `slurm ${dirname(folder)}.1`;
    install(programs, {
      sacct: `#!/bin/sh\n[ "$1" = --version ] && echo '${version}' || exec cat ${quoteArgument(join(releases, folder, 'sacct.txt'))}\n`,
    });
    site.configure('collector.yaml', `jobs: { cluster_name: farm, search_path: ['${programs}', /usr/bin, /bin] }\n`);
    const [since = '', until = ''] = textOf(folder, 'window.txt').trim().split(' ');
    const { exit, stdout, stderr } = await site.run(
      ...['jobs', 'export', '--json-only', '--since', since, '--until', until],
    );
    expect({ exit, problems: stderr.match(/(ERROR|WARNING).*/g) }).toEqual({ exit: 0, problems: null });
    const lines = stdout.split('\n').filter((line) => line !== '');
    const jobs = lines.flatMap((line) => bodySchema.parse(JSON.parse(line)).jobs);
    const sent = new Map(jobs.map(({ JobID, Submit, ...job }) => [`${JobID} ${Submit}`, job]));
    for (const [key, job] of Object.entries(records.parse(JSON.parse(textOf(folder, 'truth.json'))))) {
      const { CPUHours = 0, GPUHours = 0, ...rest } = job;
      expect(sent.get(key)).toMatchObject(rest);
      expect(Number(sent.get(key)?.CPUHours)).toBeCloseTo(Number(CPUHours), 6);
      expect(Number(sent.get(key)?.GPUHours)).toBeCloseTo(Number(GPUHours), 6);
    }
    // A job that never had a node never started, though Slurm prints the end of some as their start.
    const withoutNodes = jobs.filter(({ NodeList }) => NodeList === null);
    expect(withoutNodes.length).toBeGreaterThan(1);
    expect(new Set(withoutNodes.map(({ Start }) => Start))).toEqual(new Set([null]));
  });
});
