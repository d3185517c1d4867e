/** The manual: complete, linked, and with commands that exist. */

import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { titleOf, topics } from '../../../src/commands/help/topics.ts';
import { collectorSchema } from '../../../src/config/collector.ts';
import { hubSchema } from '../../../src/config/hub.ts';
import { systemSchema } from '../../../src/config/system.ts';
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

describe('every setting is in the topic configuration, with its default', () => {
  const text = topics.configuration ?? '';
  const [, collector = '', cluster = '', hub = '', every = ''] = text.split(/^## (?:collector|SYSTEM|Settings).*$/m);

  test.each([
    ['collector.yaml', collectorSchema, collector],
    ['a cluster', systemSchema, cluster + every],
    ['a JupyterHub', hubSchema, hub + every],
  ] as const)('of %s', (_, schema, section) => {
    const missing = settingsOf(schema).filter(
      // One of several clusters has the settings of `jobs`.
      ({ path, defaultText }) => !isDescribed(section, path.replace('.clusters.NAME.', '.'), defaultText),
    );
    expect(missing).toEqual([]);
  });
});

/** Whether a list item describes the setting and gives its default, if that is short enough to be given. */
function isDescribed(section: string, path: string, defaultText: string | null): boolean {
  const shown =
    defaultText === null || defaultText.length > 30 ? '' : ` (default \`${defaultText.replaceAll('"', '')}\`)`;
  return section.includes(`\n- \`${path}\`${shown}`);
}

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
