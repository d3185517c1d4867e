/** Every statement of the store is prepared by every engine. */

import { Database } from 'bun:sqlite';
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SQL } from 'bun';
import * as apiKeys from '../../../src/server/store/api-keys.ts';
import * as clusters from '../../../src/server/store/clusters.ts';
import * as collectors from '../../../src/server/store/collectors.ts';
import * as deliveries from '../../../src/server/store/deliveries.ts';
import * as jobList from '../../../src/server/store/job-list.ts';
import * as jobs from '../../../src/server/store/jobs.ts';
import { openStore } from '../../../src/server/store/open.ts';
import * as outageUpdates from '../../../src/server/store/outage-updates.ts';
import * as outages from '../../../src/server/store/outages.ts';
import type { Store, Target, Writer } from '../../../src/server/store/port.ts';
import { insertInto as insertOnPostgres } from '../../../src/server/store/postgres.ts';
import * as reservations from '../../../src/server/store/reservations.ts';
import * as resources from '../../../src/server/store/resources.ts';
import * as retention from '../../../src/server/store/retention.ts';
import * as sampledJobs from '../../../src/server/store/sampled-jobs.ts';
import * as secrets from '../../../src/server/store/secrets.ts';
import * as series from '../../../src/server/store/series.ts';
import * as sessions from '../../../src/server/store/sessions.ts';
import * as snapshots from '../../../src/server/store/snapshots.ts';
import * as spans from '../../../src/server/store/spans.ts';
import { insertInto as insertOnSqlite, numbered } from '../../../src/server/store/sqlite.ts';
import * as usageNames from '../../../src/server/store/usage-names.ts';
import * as usageSegments from '../../../src/server/store/usage-segments.ts';
import * as userSums from '../../../src/server/store/user-sums.ts';
import * as users from '../../../src/server/store/users.ts';
import { freshDatabase, overEngines } from '../helper.ts';

const noted = new Set<string>();
const targets: Target[] = [];
const answers: unknown[] = [];

/** Notes statements. A read answers what a test line has in `answers`, otherwise a row with an id. */
const writer: Writer = {
  all: async (sql) => {
    noted.add(sql);
    return [];
  },
  get: async <Row>(sql: string) => {
    noted.add(sql);
    return (answers.length > 0 ? answers.shift() : { id: 1 }) as Row;
  },
  run: async (sql) => {
    noted.add(sql);
    return 1;
  },
  insertMany: async (target) => {
    targets.push(target);
  },
};
const store: Store = {
  ...writer,
  transaction: (work) => work(writer),
  elsewhere: (work) => work(),
  bytesOf: async () => 0,
  size: async () => 0,
  close: async () => undefined,
};

beforeAll(async () => {
  const body = new Uint8Array();
  const key = { name: 'n', sha256: body, scopes: '', perMinute: null, createdAt: '' };
  const stream = { host: 'h', kind: 'status', name: 's', version: '1', waiting: 1 } as const;
  const delivery = { path: '/', user: 'u', sha256: body, key: 'k', receivedAt: new Date(0), stream };
  const snapshot = {
    system: 's',
    timestamp: '',
    receivedAt: '',
    receivedFrom: '',
    collectionFailed: null,
    body,
    inHistory: 1 as const,
  };
  const span = { id: 1, key: '', value: '', first: '', last: '' };
  const nothing = { description: null, start: '', end: '', receivedAt: '' };
  const outage = { title: '', severity: '', status: '', component: null, estimatedResolution: null, body, key: 'k' };
  await apiKeys.insertKey(writer, key);
  await apiKeys.allKeys(writer);
  await apiKeys.replaceKey(writer, 'n', body, '');
  await apiKeys.deleteKey(writer, 'n');
  await apiKeys.keyWithHash(writer, body);
  await apiKeys.hasKeys(writer);
  await apiKeys.noteKeyUse(writer, 'n', '');
  answers.push(null);
  await collectors.noteDelivery(writer, stream, '', { timestamp: '', collectionFailed: null });
  await collectors.noteRefusal(writer, stream, '', 400, '');
  await collectors.deleteSilentStreams(writer, '');
  await collectors.collectorStreams(writer);
  await deliveries.storeOnce(store, delivery, async () => ({ answer: '', replayed: false }));
  await jobs.storeJobs(writer, {
    cluster: 'c',
    columns: ['user', 'end'],
    rows: [['u', '']],
    receivedAt: '',
    receivedFrom: '',
  });
  await jobs.endsOfJob(writer, 'c', '1');
  await jobs.endsOfJobs(writer, 'c', [{ id: '1', submit: '' }]).next();
  await jobs.jobsByEnd(writer, 'c', '', '').next();
  await jobs.jobsBySubmit(writer, 'c', '', '', null).next();
  await jobs.runsOfJob(writer, 'c', '1');
  await jobs.nextEnd(writer, 'c', '');
  await jobs.firstAndLastSubmit(writer, 'c');
  const before = { end: '', id: '', submit: '' };
  await jobList.jobsNewestFirst(writer, { cluster: 'c', from: '', before, users: ['u', 'v'], accounts: ['a'] }).next();
  await clusters.allClusters(writer);
  await clusters.clusterNamed(writer, 'c');
  await clusters.noteReceived(writer, 'c', '');
  await clusters.nextVersion(writer, 'c');
  await clusters.markSegmented(writer, 'c', true);
  await clusters.changeCluster(writer, { name: 'c', timeZone: '', storedTimes: 'utc', accountSeparator: '' });
  await usageNames.namesAfter(writer, 'c', 0);
  await usageNames.addNames(writer, 'c', []);
  await usageNames.programsAfter(writer, 'c', 0);
  await usageNames.addPrograms(writer, 'c', []);
  const segment = {
    day: 0,
    version: 1,
    jobs: 0,
    first_day: 0,
    last_day: 0,
    cells: body,
    columns: body,
    node_lists: body,
    software: null,
  };
  await usageSegments.segmentsAfter(writer, 'c', 0);
  await usageSegments.partsOfSegments(writer, 'columns', 'c', { first: 0, last: 0 });
  await usageSegments.segmentDays(writer, 'c');
  await usageSegments.markStale(writer, 'c', new Set([1]));
  await usageSegments.staleDays(writer);
  await usageSegments.storeSegment(writer, 'c', segment);
  await usageSegments.deleteSegments(writer, 'c');
  answers.push(null);
  await outages.storeReport(writer, { ...nothing, ...outage, system: 's', reportedAt: null, receivedFrom: '' });
  await outages.outageById(writer, 1);
  await outages.outageByKey(writer, 'k');
  await outages.changeOutage(writer, 1, { ...nothing, ...outage, end_time: null, estimated_resolution: null }, '');
  await outages.deleteOutage(writer, 1);
  await outageUpdates.insertUpdate(writer, 1, { at: '', received_from: '', changes: '{}' });
  await outageUpdates.updatesOf(writer, 1);
  await outages.allOutages(writer);
  await outages.listOutages(writer, { system: null, status: null, includeResolved: false, now: '' });
  answers.push(null);
  const reservation = { ...nothing, system: 's', name: 'r', nodeCount: null, partition: null, reportedAt: '' };
  await reservations.storeReservation(writer, reservation);
  await reservations.listReservations(writer, null, '');
  await reservations.lastReport(writer, 's', 'R1');
  const period = { start_time: '', end_time: '', node_count: null, partition: null, description: null };
  await reservations.storeReservationChange(writer, 's', 'R1', { at: '', silent_since: null, ...period });
  await reservations.reservationChanges(writer, 's', 'R1');
  await resources.storeResources(writer, []);
  await resources.storeStates(writer, []);
  await resources.deleteState(writer, 'r', '');
  await resources.statesAt(writer, 's', '');
  await resources.statesBetween(writer, 's', '', '');
  await resources.neighboursOf(writer, 's', '');
  await resources.listResources(writer);
  await resources.listStates(writer, { resource: null, from: null, before: null }, null, 1);
  await resources.stateAt(writer, 'r', '');
  await secrets.secretOf(writer, 'n', body);
  await sessions.insertSession(writer, { tokenSha256: body, user: 'n', createdAt: '', expiresAt: '' });
  await sessions.sessionUser(writer, body, '');
  await sessions.deleteSession(writer, body);
  await sessions.deleteSessionsOf(writer, 'n');
  await snapshots.insertSnapshot(writer, snapshot);
  await snapshots.storeAnswer(writer, 1, '');
  await retention.deleteSnapshots(writer, 's', '');
  await retention.deleteSamples(writer, 's', 0);
  await retention.deleteRollups(writer, 's', 1, 0);
  await retention.deleteUserSums(writer, 's', 1, 0);
  await retention.deleteSpans(writer, 's', 'user', '');
  await retention.deleteStates(writer, 's', '');
  await retention.deleteReservationChanges(writer, 's', '');
  await retention.deleteDeliveries(writer, '');
  await series.oldestOf(writer, 1, 1, 2);
  await series.seriesOf(writer, 's');
  await series.systemsWithHistory(writer);
  await series.insertSeries(writer, 's', 'queue', 'q');
  await series.hasSample(writer, 1, 0);
  await series.insertSamples(writer, []);
  await series.rollupsAt(writer, 's', [
    { length: 1, at: 0 },
    { length: 2, at: 0 },
  ]);
  await series.storeRollups(writer, []);
  await series.samplesBetween(writer, 1, 0, 1);
  await series.rollupsBetween(writer, 1, 1, 0, 1);
  await snapshots.snapshotsWithoutHistory(writer, 1);
  answers.push(null);
  await snapshots.snapshotWithoutHistory(writer, 1);
  await snapshots.newestWithoutHistory(writer);
  await snapshots.markSnapshot(writer, 1, 1);
  await snapshots.snapshotsAt(writer, 's', '');
  answers.push(null);
  await snapshots.newestSnapshot(writer, 's');
  await spans.spansEndingAt(writer, 's', 'user', '');
  await spans.spansAround(writer, 's', 'user', null, '');
  await spans.spansBetween(writer, 's', 'user', '', '');
  await sampledJobs.storeSampledJob(writer, {
    cluster: 'c',
    jobId: '1',
    node: 'n',
    receivedAt: '',
    receivedFrom: '',
    body: new Uint8Array(),
    summary: '',
  });
  await sampledJobs.sampledNodes(writer, 'c', '1');
  await sampledJobs.hasSamples(writer, 'c');
  await sampledJobs.summariesOfJobs(writer, 'c', ['1']);
  await sampledJobs.samplesWithoutSummary(writer);
  await sampledJobs.storeSummary(writer, { cluster: 'c', jobId: '1', node: 'n' }, '');
  for await (const _ of sampledJobs.allSampledNodes(writer, 'c')) break;
  await spans.spanStarts(writer, 's', 'user', '');
  await spans.storeSpanRows(writer, 's', 'user', [span]);
  await spans.deleteSpan(writer, 1);
  await userSums.addUserSums(writer, 's', 1, 0, ['running_jobs'], []);
  const filter = { system: 's', length: 1, from: 0, to: 1, queue: null };
  await userSums.userSums(writer, 'username', 'running_jobs', filter);
  await userSums.namesWithSums(writer, 'username', filter);
  await userSums.sumsOfName(writer, 'username', 'ada', ['running_jobs', 'held_jobs'], filter);
  await users.storeUser(writer, { name: 'n', passwordHash: '', scopes: '', changedAt: '' });
  await users.credentialsOf(writer, 'n');
  await users.countUsers(writer);
  await users.allUsers(writer);
  await users.deleteUser(writer, 'n');
});

test('the calls above run every statement that the files of the store have', () => {
  const directory = join(import.meta.dir, '../../../src/server/store');
  const called = /(?:reader|writer|store)\s*\.(?:all|get|run)(?:<[^(]*>)?\(\s*['`]/g;
  // Statements of other files are made for each table; their tests run them.
  const own = /^(sqlite|postgres|statistics|transfer)/;
  const inSource = readdirSync(directory)
    .filter((file) => !own.test(file))
    .flatMap((file) => readFileSync(join(directory, file), 'utf8').match(called) ?? []);
  expect(inSource.length).toBeGreaterThan(30);
  expect(noted.size).toBe(inSource.length);
});

overEngines((engine) => {
  let prepare: (sql: string) => unknown;
  let close: () => unknown;
  beforeAll(async () => {
    const { database, remove } = await freshDatabase(engine);
    await (await openStore(database)).close();
    if (typeof database === 'string') {
      const sqlite = new Database(database);
      prepare = (sql) => sqlite.prepare(numbered(sql)).finalize();
      close = () => {
        sqlite.close();
        remove();
      };
      return;
    }
    const { socketDirectory, port, user } = database;
    const path = `${socketDirectory}/.s.PGSQL.${port}`;
    const postgres = new SQL({ adapter: 'postgres', path, username: user, database: database.database, max: 1 });
    let prepared = 0;
    prepare = (sql) => postgres.unsafe(`PREPARE statement_${++prepared} AS ${sql}`);
    close = () => postgres.close();
  });
  afterAll(() => close());

  test('prepares each of them', async () => {
    for (const sql of noted) await prepare(sql);
  });

  test('prepares the inserts of many rows', async () => {
    expect(targets.length).toBeGreaterThan(0);
    const insertInto = engine === 'SQLite' ? insertOnSqlite : insertOnPostgres;
    for (const target of targets) await prepare(insertInto(target));
  });

  test('refuses a statement that is wrong', () => {
    expect(async () => await prepare('SELECT nothing FROM nowhere')).toThrow();
  });
});
