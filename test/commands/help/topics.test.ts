/** The manual: complete, linked, and with commands that exist. */

import { describe, expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { titleOf, topics } from '../../../src/commands/help/topics.ts';
import { collectorSchema } from '../../../src/config/collector.ts';
import { commonSettings } from '../../../src/config/fields.ts';
import { hubSchema } from '../../../src/config/hub.ts';
import { systemSchema } from '../../../src/config/system.ts';
import { withItems } from '../../support/manual.ts';
import { parses, quotedCommands } from '../../support/quoted-commands.ts';
import { settingsOf } from '../../support/settings.ts';

const root = join(import.meta.dir, '../../..');

describe.each(Object.keys(topics))('the topic %s', (name) => {
  const text = topics[name] ?? '';

  test('is a file of that name, with a title', () => {
    expect(readFileSync(join(root, `src/commands/help/${name}.md`), 'utf8')).toBe(text);
    expect(titleOf(text)).not.toBe('');
  });

  test('names no topic that does not exist', () => {
    for (const [, other = ''] of text.matchAll(/`help ([a-z-]+)`/g)) expect(Object.keys(topics)).toContain(other);
  });
});

describe('the topic configuration', () => {
  const every = settingsOf(z.object(commonSettings));
  const ownOf = (schema: unknown) => settingsOf(schema).filter(({ path }) => !every.some((one) => one.path === path));
  const settings = new Map([
    // One of several clusters has the settings of `jobs`.
    ['collector.yaml', settingsOf(collectorSchema).filter(({ path }) => !path.startsWith('jobs.clusters.NAME.'))],
    ['SYSTEM.yaml of a cluster', ownOf(systemSchema)],
    ['SYSTEM.yaml of a JupyterHub', ownOf(hubSchema)],
    ['Settings of every system', every],
  ]);
  const text = topics.configuration ?? '';
  const sections = text.split(/^(?=## )/m);
  const titleOfSection = (section: string): string => /^## (.*)/.exec(section)?.[1] ?? '';

  test('has a section for each kind of setting', () => {
    expect(sections.map(titleOfSection)).toEqual(['', ...settings.keys()]);
  });

  // Do not edit the list items: change the description in src/config, then run this file with UPDATE_MANUAL=1. An item
  // keeps its place; that of a new setting is added at the end of its section, and can be moved from there.
  test('lists every setting, with the default and the description of its schema', () => {
    const [introduction = '', ...others] = sections;
    const written = others.map((section) => withItems(section, settings.get(titleOfSection(section)) ?? []));
    const manual = [introduction, ...written].join('');
    if (process.env.UPDATE_MANUAL === '1') writeFileSync(join(root, 'src/commands/help/configuration.md'), manual);
    else expect(text).toBe(manual);
  });

  describe.each([...settings])('in %s', (_, members) => {
    test('every setting has a description', () => {
      expect(members.filter(({ description }) => description === '')).toEqual([]);
    });

    test('a description names every word that the setting can be', () => {
      const unnamed = members.flatMap(({ path, description, words }) =>
        words.filter((word) => !description.includes(`\`${word}\``)).map((word) => `${path}: ${word}`),
      );
      expect(unnamed).toEqual([]);
    });
  });
});

test('every variable that the code names is in the topic environment', () => {
  const code = [...new Bun.Glob('src/**/*.ts').scanSync(root)].map((file) => readFileSync(join(root, file), 'utf8'));
  const named = code
    .join('\n')
    .matchAll(
      /\b(?:env|[eE]nvironment)\.([A-Z][A-Z_]+)\b|(?<=['`])([A-Z]+(?:_[A-Z]+)*_(?:URL|USER|PASSWORD|KEYS?|TOKEN|TIMEOUT|FILE|HOME|ORIGINS))(?=['`])/g,
    );
  const names = new Set([...named].map(([, read, quoted]) => read ?? quoted ?? ''));
  expect(names.size).toBeGreaterThan(15);
  expect([...names].filter((name) => !topics.environment?.includes(name))).toEqual([]);
});

describe('every quoted command can be typed', () => {
  const quoted = quotedCommands(Object.values(topics).join('\n'));

  test('and there are many', () => {
    expect(quoted.length).toBeGreaterThan(60);
  });

  test.each(quoted)('%s', (line) => expect(parses(line)).toEqual({ exit: 2, isUnderstood: true }));
});
