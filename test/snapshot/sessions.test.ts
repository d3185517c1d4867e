import { describe, expect, test } from 'bun:test';
import type { HubUserRecord, ServerRecord } from '../../src/lib/records.ts';
import { noSessions, rollUpSessions } from '../../src/snapshot/sessions.ts';
import { hubOf } from '../support/systems.ts';

const server = (rest: Partial<ServerRecord> = {}): ServerRecord => ({
  name: '',
  running: true,
  options: {},
  state: {},
  ...rest,
});
const userOf = (name: string, servers: readonly ServerRecord[]): HubUserRecord => ({ name, servers });
const rulesOf = (...session_rules: object[]) => hubOf({ session_rules }).session_rules;

/** The classes of sessions by the rules of a site, as its YAML has them. */
function classesOf(rules: readonly object[], servers: readonly Partial<ServerRecord>[]): unknown {
  const user = userOf('ada', servers.map(server));
  const { classes } = rollUpSessions([user], rulesOf(...rules));
  return classes && Object.fromEntries(classes);
}

describe('the value of a condition', () => {
  const options = { yes: true, no: false, zero: 0, one: 1, text: 'true', list: ['x', 1, false], none: null };

  test.each([
    [{ yes: true }, 1],
    [{ yes: 'true' }, 1],
    [{ yes: false }, 0],
    [{ no: false }, 1],
    [{ no: true }, 0],
    [{ no: null }, 0],
    [{ text: true }, 1],
    [{ zero: 0 }, 1],
    [{ zero: '0' }, 1],
    [{ zero: null }, 0],
    [{ one: 1 }, 1],
    [{ one: 0 }, 0],
    [{ list: false }, 1],
    [{ list: 1 }, 1],
    [{ list: 'y' }, 0],
    [{ none: null }, 1],
    [{ gone: null }, 1],
    [{ gone: false }, 0],
    [{ yes: true, no: true }, 0],
  ])('%j holds for %d session', (when, count) => {
    const rules = [{ when: { options: when }, class: 'casper_login_jobs' }];
    expect(classesOf(rules, [{ options }])).toEqual({ casper_login_jobs: count });
  });
});

test('several sessions of each class are counted, and a class without sessions is 0', () => {
  const rules = [
    { when: { name: 'a*' }, class: 'casper_login_jobs' },
    { when: { name: 'b*' }, class: 'casper_batch_jobs' },
    { when: { name: 'z*' }, class: 'derecho_batch_jobs' },
  ];
  const servers = ['a1', 'b1', 'a2', 'c1', 'b2', 'a3'].map((name) => ({ name }));
  expect(classesOf(rules, servers)).toEqual({ casper_login_jobs: 3, casper_batch_jobs: 2, derecho_batch_jobs: 0 });
});

test('a rule with `beside` counts a session in a further class, and later rules still apply', () => {
  const rules = [
    { when: { state: { broken: true } }, class: 'jobs_suspended', beside: true },
    { when: { state: { old: true } }, class: 'jobs_suspended', beside: true },
    { when: { name: 'a' }, class: 'casper_login_jobs' },
    { class: 'casper_batch_jobs' },
  ];
  const servers = [
    { name: 'a', state: { broken: true, old: true } },
    { name: 'b', state: { broken: false, old: true } },
    { name: 'a', state: {} },
  ];
  expect(classesOf(rules, servers)).toEqual({ jobs_suspended: 2, casper_login_jobs: 2, casper_batch_jobs: 1 });
});

test('a session without a state hides the classes only if a rule needs the state', () => {
  const sessions = [{}, { state: undefined }];
  expect(classesOf([{ when: { name: '*' }, class: 'casper_login_jobs' }], sessions)).toEqual({ casper_login_jobs: 2 });
  const second = [
    { when: { name: 'x' }, class: 'casper_login_jobs' },
    { when: { state: { a: null } }, class: 'jobs_suspended' },
  ];
  expect(classesOf(second, sessions)).toBeNull();
  expect(classesOf(second, [{ state: undefined, running: false }])).toEqual({
    casper_login_jobs: 0,
    jobs_suspended: 0,
  });
});

test('users and sessions are those that run', () => {
  const stopped = server({ running: false });
  const users = [
    userOf('a', [server(), server({ name: 'b' }), stopped]),
    userOf('b', [stopped]),
    userOf('c', []),
    userOf('d', [server()]),
  ];
  expect(rollUpSessions(users, [])).toEqual({ users: 2, sessions: 3, classes: new Map() });
  const rules = rulesOf({ class: 'casper_login_jobs' });
  expect(noSessions(rules)).toEqual({ users: 0, sessions: 0, classes: new Map([['casper_login_jobs', 0]]) });
});
