import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { examine } from '../../src/config/check.ts';
import { type ConfigProblem, problemText } from '../../src/config/problem.ts';
import { quickDirectory } from '../support/files.ts';

let directory: ReturnType<typeof quickDirectory>;
beforeEach(() => {
  directory = quickDirectory();
});
afterEach(() => directory.remove());

function write(name: string, text: string): string {
  const file = join(directory.path, name);
  writeFileSync(file, text);
  chmodSync(file, 0o600);
  return file;
}

const problems = (environment: Record<string, string> = {}) =>
  examine(directory.path, { HOME: '/nowhere', ...environment }, []).problems;
const places = (found: readonly ConfigProblem[]) =>
  found.map(({ line, column, words }) => [line, column, words.replace(/[:(].*$/s, '').trim()]);

describe('a problem is reported with its file and setting', () => {
  test.each([
    ['a value', 'load_as: fast\n', 1, 10],
    ['a value in a list', 'queues:\n  - main\n  - 3\n', 3, 5],
    ['a value in a list of mappings', 'login_nodes:\n  - name: a\n    type: bogus\n', 3, 11],
    ['an unknown setting', 'load_as: raw\ntimeouts:\n  comand: 3\n', 3, 3],
    ['an unknown setting with the name of a member of every object', 'load_as: raw\nconstructor: 3\n', 2, 1],
    ['an unknown setting __proto__', 'load_as: raw\n__proto__: { a: 1 }\n', 2, 1],
    ['what is missing: of the mapping that lacks it', 'login_nodes:\n  - { type: cpu }\n', 2, 5],
    ['a setting without a value', 'queues: [a]\nload_as:\nscheduler: pbs\n', 2, 1],
    ['behind an anchor', 'queues: [a]\nmounts: &m { home: home }\n', 2, 20],
    ['a union', 'node_rules: [{ class: cpu, when: { resources: { a: { atleast: 3 } } } }]\n', 1, 52],
    ['a contradiction of settings', 'mounts: { a: /a }\nfilesystems:\n  - a\n  - b\n', 4, 5],
    ['another name than the file', '\nsystem_name: aurora\n', 2, 14],
    ['unfinished YAML: on the last line that there is', 'queues: [a\n', 1, 10],
    ['after a byte order mark and CRLF', '\ufeffqueues: [a]\r\nload_as: fast\r\n', 2, 10],
  ])('%s', (_, text, line, column) => {
    const file = write('gust.yaml', text);
    expect(problems()).toMatchObject([{ file, line, column }]);
  });

  test('in the one of the merged files that sets it', () => {
    const types = write('node_types.yaml', 'standard:\n  cores_per_node: many\n');
    const own = write('casper.yaml', 'queues: [a]\nnode_types: { htc: { cores_per_node: x } }\n');
    expect(problems().map(({ file, line }) => [file, line])).toEqual([
      [types, 2],
      [own, 2],
    ]);
  });

  test('a missing top-level setting is reported for the last file that can have it', () => {
    const file = write('hub.yaml', 'service: jupyterhub\n');
    expect(problems()).toMatchObject([{ file, words: expect.stringContaining('url') }]);
  });

  test('an unknown enabled system is reported where it is enabled', () => {
    const file = write('collector.yaml', 'log: {}\nsystems:\n  - derecho\n  - caspr\n');
    expect(problems()).toMatchObject([{ file, line: 4, column: 5, words: expect.stringContaining("'casper'?") }]);
  });

  test('with the allowed values, or the nearest or all known names', () => {
    write('gust.yaml', 'load_as: fast\nlogin_node: []\ntimeouts: { zzzzzzzz: 1 }\n');
    const words = problems().map(problemText).join('\n');
    expect(words).toContain('must be raw or percent');
    expect(words).toContain("(did you mean 'login_nodes'?)");
    expect(words).toContain('(known settings: command, connect)');
  });
});

test('every problem of every file is reported once', () => {
  write(
    'env',
    'STATUS_API_URL=https://a.example\nSAM_API_URL=https://b.example\nSSH_TIMEOUT=soon\nAPI_TIMEOUT=0\nPBS_COMMAND_TIMEOUT=-1\n',
  );
  write('collector.yaml', 'sytems: []\nlog: { format: xml }\n');
  write('casper.yaml', 'load_as: fast\nfilesystems: [nowhere]\nqueues: x\n');
  write('gust.yaml', 'a: [\nb: ]\n');
  const found = problems();
  const text = found.map(problemText);
  expect(new Set(text).size).toBe(text.length);
  for (const words of [
    'STATUS_API_URL and SAM_API_URL contradict',
    "SSH_TIMEOUT is 'soon'",
    "API_TIMEOUT is '0'",
    "PBS_COMMAND_TIMEOUT is '-1'",
    "collector.yaml:1:1: unknown setting 'sytems'",
    'collector.yaml:2:16: log.format',
    'casper.yaml:1:10: load_as',
    "casper.yaml:2:15: filesystems.0: 'nowhere' has no path",
    'casper.yaml:3:9: queues',
    'gust.yaml:2:4',
  ])
    expect(text.filter((line) => line.includes(words))).toHaveLength(1);
});

test('a wrong address is reported where it is set: in YAML, or in the environment, which has no place', () => {
  const wrong = (setting: string) =>
    `the address of the destination ours is not an http or https URL: correct ${setting}`;
  const file = write('collector.yaml', 'log: {}\ndestinations: { ours: { kind: sam, url: ftp://yaml.example } }\n');
  expect(problems()).toMatchObject([{ file, line: 2, column: 41, words: wrong('destinations.ours.url') }]);
  expect(problems({ OURS_API_URL: 'ftp://variable.example' })).toMatchObject([
    { file: null, line: null, column: null, words: wrong('OURS_API_URL') },
  ]);
});

test('an env file that others can read is reported, and the other files are still checked', () => {
  chmodSync(write('env', 'STATUS_API_PASSWORD=secret\n'), 0o644);
  write('collector.yaml', 'sytems: []\n');
  expect(places(problems())).toHaveLength(2);
});

describe('without --config', () => {
  const examined = (environment: Record<string, string>) => examine(null, { HOME: '/nowhere', ...environment }, []);

  test('the default directory is read', () => {
    mkdirSync(join(directory.path, 'hpc-collector'));
    const file = write('hpc-collector/collector.yaml', 'systems: [derecho]\nsytems: []\n');
    const { exists, config, systems, problems: found } = examined({ XDG_CONFIG_HOME: directory.path });
    expect({ exists, directory: config.directory }).toEqual({ exists: true, directory: dirname(file) });
    expect(found).toMatchObject([{ file, line: 2 }]);
    expect(systems).toEqual([]);
    writeFileSync(file, 'systems: [derecho]\n');
    const right = examined({ XDG_CONFIG_HOME: directory.path });
    expect(right.problems).toEqual([]);
    expect(right.systems.map(({ system_name }) => system_name)).toEqual(['derecho']);
  });

  test('a missing default directory is accepted; the environment is still checked', () => {
    const none = examined({ XDG_CONFIG_HOME: directory.path });
    expect(none).toMatchObject({ exists: false, systems: [], problems: [] });
    expect(none.config.directory).toBe(join(directory.path, 'hpc-collector'));
    const wrong = examined({ XDG_CONFIG_HOME: directory.path, API_TIMEOUT: '0' });
    expect(wrong.problems).toMatchObject([{ file: null, words: expect.stringContaining('API_TIMEOUT') }]);
  });

  test('a directory that is named and does not exist is a problem', () => {
    const { exists, problems: found } = examine(join(directory.path, 'no'), { HOME: '/nowhere' }, []);
    expect({ exists, count: found.length }).toEqual({ exists: false, count: 1 });
  });
});

test('of several enabled systems and files each is examined once; named systems replace them', () => {
  write('collector.yaml', 'systems: [casper, derecho]\n');
  write('derecho.yaml', 'queues: [a]\n');
  write('gust.yaml', 'queues: [b]\n');
  const names = (...named: string[]) =>
    examine(directory.path, { HOME: '/nowhere' }, named).systems.map(({ system_name }) => system_name);
  expect(names()).toEqual(['casper', 'derecho', 'gust']);
  expect(names('gust')).toEqual(['gust']);
});

test('the built-in configuration has no problem', () => {
  write('collector.yaml', 'systems: [casper, derecho]\n');
  expect(problems()).toEqual([]);
});

describe('whatever is done to a file', () => {
  const config = (name: string) => readFileSync(join(import.meta.dir, '../../config', name), 'utf8');
  const sources = ['casper.yaml', 'derecho.yaml', 'collector.example.yaml'].map(config);
  const bits = fc.constantFrom(
    '\n',
    ' ',
    '\t',
    ':',
    '- ',
    '{',
    '}',
    '[',
    ']',
    '&a ',
    '*a',
    '"',
    "'",
    '|\n',
    '!!map ',
    '? ',
    '#',
    '%',
    '\0',
    '\ufeff',
    '\r',
    '<<: ',
    '---\n',
    '...\n',
    '__proto__: { a: 1 }\n',
    'é😀',
    '1e999',
    '~',
  );
  const change = fc.record({
    at: fc.nat(4000),
    removed: fc.nat(30),
    added: fc.oneof(bits, fc.string({ maxLength: 8 })),
  });
  const mutated = fc
    .record({ source: fc.constantFrom(...sources), changes: fc.array(change, { minLength: 1, maxLength: 4 }) })
    .map(({ source, changes }) =>
      changes.reduce((text, { at, removed, added }) => {
        const start = at % (text.length + 1);
        return text.slice(0, start) + added + text.slice(start + removed);
      }, source),
    );

  test.each(['collector.yaml', 'casper.yaml', 'node_types.yaml'])(
    '%s, nothing is thrown and every line that is named exists',
    (name) => {
      fc.assert(
        fc.property(mutated, (text) => {
          const file = write(name, text);
          if (name === 'node_types.yaml') write('casper.yaml', 'queues: []\n');
          const lines = text.replace(/\n$/, '').split('\n').length;
          for (const problem of problems()) {
            if (problem.file !== file) continue;
            expect(problem.line).toBeWithin(1, lines + 1);
            expect(problem.column).toBeGreaterThanOrEqual(1);
            expect(problem.words).not.toBe('');
          }
        }),
        { numRuns: 150 },
      );
    },
    60_000,
  );
});

describe('a problem is told in plain words', () => {
  test.each([
    ['collector.yaml', 'systems: derecho\n', 'systems: must be a list, not a text'],
    ['collector.yaml', 'outbox: { max_mib: 1 }\n', 'outbox.max_mib: must be at least 4'],
    ['collector.yaml', 'outbox: { max_mib: 4.5 }\n', 'outbox.max_mib: must be a whole number'],
    ['collector.yaml', 'log: { file: log }\n', 'log.file: must begin with /'],
    ['collector.yaml', 'log: { rotate: 1 }\n', 'log.rotate: must be true or false'],
    ['collector.yaml', 'notify: { command: mail }\n', 'notify.command: must be a list, not a text'],
    ['collector.yaml', 'destinations: [sam]\n', 'destinations: must be a mapping, not a list'],
    ['collector.yaml', 'destinations: { sam: { timeout: 0 } }\n', 'destinations.sam.timeout: must be more than 0'],
    ['casper.yaml', 'load_as: fast\n', 'load_as: must be raw or percent'],
    ['casper.yaml', 'timeouts: { command: 7200 }\n', 'timeouts.command: must be at most 3600'],
    ['casper.yaml', 'queues: [""]\n', 'queues.0: must not be empty'],
    ['casper.yaml', `queues: [${'q'.repeat(33)}]\n`, 'queues.0: must have at most 32 characters'],
    ['casper.yaml', 'node_rules: []\n', 'node_rules: must not be empty'],
    ['casper.yaml', 'login_nodes: [{ type: cpu }]\n', 'login_nodes.0.name: is missing'],
    ['casper.yaml', 'mounts: { "": /a }\n', 'mounts.: has a name that must not be empty'],
  ])('%s: %s', (file, text, words) => {
    const path = write(file, text);
    expect(
      problems()
        .filter((one) => one.file === path)
        .map((one) => one.words),
    ).toContain(words);
  });
});
