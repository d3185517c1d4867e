import { describe, expect, test } from 'bun:test';
import { z } from 'zod';
import { plainWords } from '../../src/lib/plain-words.ts';

const mapping = z.strictObject({ a: z.string() });

describe('what a value must be', () => {
  test.each([
    [z.string(), undefined, 'is missing'],
    [z.string(), 3, 'must be a text'],
    [z.string(), null, 'must be a text, not empty'],
    [z.string(), ['a'], 'must be a text, not a list'],
    [z.number(), 'many', 'must be a number, not a text'],
    [z.int(), 1.5, 'must be a whole number'],
    [z.boolean(), 'yes', 'must be true or false, not a text'],
    [z.array(z.string()), 'a', 'must be a list, not a text'],
    [z.array(z.string()), { a: 1 }, 'must be a list, not a mapping'],
    [z.tuple([z.string()], z.string()), 'a', 'must be a list, not a text'],
    [mapping, [], 'must be a mapping, not a list'],
    [z.record(z.string(), z.number()), true, 'must be a mapping, not true or false'],
    [z.enum(['text', 'json']), 'xml', 'must be text or json'],
    [z.enum(['a', 'b', 'c']), undefined, 'is missing: give a, b or c'],
    [z.literal('jupyterhub'), 'hub', 'must be jupyterhub'],
    [z.int().min(4), 3, 'must be at least 4'],
    [z.number().positive(), 0, 'must be more than 0'],
    [z.number().max(100), 101, 'must be at most 100'],
    [z.number().lt(100), 100, 'must be less than 100'],
    [z.string().min(1), '', 'must not be empty'],
    [z.string().min(2), 'a', 'must have at least 2 characters'],
    [z.string().max(1), 'ab', 'must have at most 1 character'],
    [z.array(z.string()).min(1), [], 'must not be empty'],
    [z.array(z.string()).max(1), ['a', 'b'], 'must have at most 1 member'],
    [z.tuple([z.string()], z.string()), [], 'is missing'],
    [z.string().startsWith('/'), 'a', 'must begin with /'],
    [z.url(), 'a', 'must be an address such as https://example.org'],
    [z.uuid(), 'a', 'must be a UUID'],
    [z.iso.datetime(), 'a', 'must be a time such as 2026-11-21T18:00:00Z'],
    [z.string().regex(/^b/), 'a', 'must be in another form'],
    [z.union([z.boolean(), z.number()]), 'a', 'must be of another form, not a text'],
    [z.discriminatedUnion('kind', [z.object({ kind: z.literal('a') })]), { kind: 'b' }, 'must be a'],
    [mapping, { a: '', b: 1 }, 'has unknown members: b'],
    [z.record(z.string().min(1), z.number()), { '': 1 }, 'has a name that must not be empty'],
    [z.string().refine(() => false), 'a', 'is not accepted'],
    // The message of a schema wins.
    [z.string().regex(/^b/, 'must begin with b'), 'a', 'must begin with b'],
  ] as const)('%#', (schema, value, words) => {
    const { error } = schema.safeParse(value, { error: plainWords });
    expect(error?.issues.map(({ message }) => message)).toEqual([words]);
  });
});
