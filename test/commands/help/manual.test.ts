/** The list items of settings that the test of the topics writes into the manual. */

import { expect, test } from 'bun:test';
import { z } from 'zod';
import { withItems } from '../../support/manual.ts';
import { settingsOf } from '../../support/settings.ts';

const settings = settingsOf(
  z.strictObject({
    log: z.enum(['text', 'json']).default('text').describe('`text` or `json`'),
    rules: z
      .array(z.strictObject({ host: z.string().nullable().default(null).describe('pattern of host names') }))
      .default([])
      .describe('rules for hosts; the first one that matches gives a host its class'),
  }),
);
const log = '- `log` (default `text`): `text` or `json`\n';
const rules = '- `rules` (default `[]`): rules for hosts; the first one that matches gives a\n  host its class\n';
const host = '- `rules[].host`: pattern of host names\n';

test('an item has the path, the default and the description, in 80 columns', () => {
  expect(withItems('## A\n', settings)).toBe(`## A\n${log}${rules}${host}`);
});

test('items stay in their places, with the prose around them', () => {
  const section = '## A\n\n- `rules[].host`: old\n  text\n\nThe log.\n\n- `log`: old\n- `rules`: old\n\n';
  expect(withItems(section, settings)).toBe(`## A\n\n${host}\nThe log.\n\n${log}${rules}\n`);
});

test('an item of no setting and a second item of the same setting are removed', () => {
  expect(withItems(`## A\n\n${log}- \`gone\`: old\n${log}${rules}${host}`, settings)).toBe(
    `## A\n\n${log}${rules}${host}`,
  );
});

test('the item of a new setting comes last', () => {
  expect(withItems(`## A\n\n${rules}${host}\n`, settings)).toBe(`## A\n\n${rules}${host}${log}\n`);
});

test('a description is not repeated for a sibling, in the order of the manual', () => {
  const proxy = z.string().optional().describe('address of the proxy');
  const siblings = settingsOf(
    z.strictObject({ to: z.strictObject({ a: z.strictObject({ proxy }), b: z.strictObject({ proxy }) }) }),
  );
  expect(withItems('- `to.b.proxy`: old\n', siblings)).toBe(
    '- `to.b.proxy`: address of the proxy\n- `to.a.proxy`: as above\n',
  );
});

test('code is not wrapped', () => {
  const code = `\`{ ${'used: NAME, '.repeat(4)}total: NAME }\``;
  const metric = settingsOf(z.strictObject({ metric: z.string().describe(`name of a metric, or ${code}`) }));
  expect(withItems('', metric)).toBe(`- \`metric\`: name of a metric, or\n  ${code}\n`);
});
