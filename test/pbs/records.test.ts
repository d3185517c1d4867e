/** The document around the records: which damage is reported at which byte, and when the output counts as cut off. */

import { describe, expect, test } from 'bun:test';
import { readRecords } from '../../src/pbs/records.ts';
import { type PbsRecord, type RawValue, textOf } from '../../src/pbs/values.ts';
import { streamOf } from '../support/executors.ts';

const wanted = new Set(['state', 'list', 'object']);

async function read(stdout: string | readonly string[], section = 'Jobs') {
  const taken: PbsRecord[] = [];
  const chunks = [stdout].flat().map((text) => Buffer.from(text));
  const { isPbs, isCut, damaged } = await readRecords(streamOf(chunks), section, wanted, (record) => {
    taken.push(record);
    return record.fields.get('state') === '"wrong"' ? 'has a wrong state' : undefined;
  });
  const states = taken.map(({ id, fields }) => `${id} ${textOf(fields.get('state'))}`);
  return { isPbs, isCut, states, taken, damaged: damaged.first };
}

const record = (id: string, ...fields: string[]) =>
  `\n\t\t"${id}":\t{${fields.map((field) => `\n\t\t\t${field}`).join(',')}\n\t\t}`;
const documentOf = (...records: string[]) => `{\n\t"timestamp":\t1,\n\t"Jobs":\t{${records.join(',')}\n\t}\n}\n`;
const first = record('1.s', '"state":\t"ñ"');
const last = record('3.s', '"state":\t"Q"');
const byteOf = (text: string, part: string) => Buffer.byteLength(text.slice(0, text.indexOf(part)));

describe('a damaged record is reported with its id and its byte', () => {
  test.each([
    ['is not an object', '\n\t\t"2.s":\t7'],
    ['is not an object', '\n\t\t"2.s":\t{ 1\n\t\t}'],
    ['does not end', '\n\t\t"2.s":\t{\n\t\t\t"state":\t"R"'],
    ['does not end', record('2.s', '"object":\t{\n\t\t\t\t"a":\t1')],
    ['does not end', record('2.s', '"list":\t[\n\t\t\t\t1')],
    ['has a wrong state', record('2.s', '"state":\t"wrong"')],
  ])('%s: %j', async (problem, damaged) => {
    const text = documentOf(first, damaged, last);
    const found = await read(text);
    expect(found.damaged).toEqual([{ record: '2.s', byte: byteOf(text, '\t\t"2.s"'), problem }]);
    expect([found.isPbs, found.isCut]).toEqual([true, false]);
    expect(found.states.filter((state) => !state.startsWith('2.s'))).toEqual(['1.s ñ', '3.s Q']);
  });

  test('an opening line without an id', async () => {
    const text = documentOf(first, '\n\t\t"2.s', last);
    const problem = 'is not an object';
    expect((await read(text)).damaged).toEqual([{ record: '', byte: byteOf(text, '\t\t"2.s'), problem }]);
  });

  test.each(['', '\n\t\t\t"Variable_List":\t{\n\t\t\t\t"A":\t"1"\n\t\t\t},'])(
    'text after a record, which can be another record (environment: %j)',
    async (environment) => {
      const text = documentOf(
        first.replace('{', `{${environment}`),
        '\n\t\t2.s":\t{\n\t\t\t"state":\t"R"\n\t\t}',
        last,
      );
      const found = await read([text.slice(0, 30), text.slice(30)]);
      expect(found.states).toEqual(['1.s ñ', '3.s Q']);
      const byte = byteOf(text, ',\n\t\t2.s');
      expect(found.damaged).toEqual([{ record: null, byte, problem: 'is not a record' }]);
    },
  );

  test.each([
    ['', 0],
    [' \n', 0],
    ['x', 0],
    ['xy', 1],
  ])('%j after the last record: %d damaged', async (after, count) => {
    expect((await read(documentOf(first, last + after))).damaged).toHaveLength(count);
  });

  test('also the last one', async () => {
    const text = documentOf(first, '\n\t\t"2.s":\t7');
    const problem = 'is not an object';
    expect((await read(text)).damaged).toEqual([{ record: '2.s', byte: byteOf(text, '\t\t"2.s"'), problem }]);
  });

  test('more than 16 MiB without an end, once, and the next record is read though its line arrives in two chunks', async () => {
    const long = `\n\t\t"2.s":\t{${'x'.repeat(17 * 1024 ** 2)}`;
    const text = documentOf(first, long, last);
    const cut = text.indexOf('"3.s"');
    const found = await read([text.slice(0, cut), text.slice(cut)]);
    expect(found.states).toEqual(['1.s ñ', '3.s Q']);
    const problem = 'does not end within 16777216 bytes';
    expect(found.damaged).toEqual([{ record: null, byte: byteOf(text, '\n\t\t"2.s"'), problem }]);
  });
});

describe('the end of the document', () => {
  const whole = documentOf(first, last);

  test.each([
    ['whole', whole, false],
    ['whole, with text after it', `${whole}The session is closed.\n`, false],
    ['without its last brace', whole.slice(0, -2), true],
    ['without the end of its section', whole.slice(0, -5), true],
    ['up to the end of its last record', whole.slice(0, -6), true],
    ['with a value after its section', whole.replace(/\n\}\n$/, ',\n\t"other":\t1\n}\n'), false],
    ['cut within the next section', whole.replace(/\n\}\n$/, ',\n\t"other":\t{'), false],
    ['only a header', '{\n\t"pbs_version":\t"1"\n}\n', false],
    ['only a header that is cut', '{\n\t"timestamp":\t1,\n', true],
  ])('%s', async (_, text, isCut) => {
    const { damaged, ...found } = await read(text);
    expect([found.isPbs, found.isCut, damaged.length]).toEqual([true, isCut, 0]);
  });

  test('nothing, and an error message, are not PBS JSON', async () => {
    expect(await read('')).toMatchObject({ isPbs: false, isCut: false });
    expect(await read('qstat: no\n')).toMatchObject({ isPbs: false, isCut: true });
  });

  test('a last record that hides the end of its section is damage at the end of the output', async () => {
    const text = whole.replace('\n\t}\n}\n', '\n}\n');
    const { states, isCut, damaged } = await read(text);
    expect([states, isCut]).toEqual([['1.s ñ', '3.s Q'], false]);
    expect(damaged.at(-1)).toEqual({
      record: null,
      byte: Buffer.byteLength(text),
      problem: 'the section Jobs does not end',
    });
  });

  test('a record after the end of the document is damage at that end', async () => {
    const text = documentOf(first, '\n\t}\n}\n\t\t2.s":\t{\n\t\t}');
    const { states, damaged } = await read(text);
    expect(states).toEqual(['1.s ñ']);
    expect(damaged.at(-1)).toEqual({
      record: null,
      byte: byteOf(text, '\n\t}\n}'),
      problem: 'a record follows the end of the document',
    });
  });
});

describe('the section', () => {
  test.each([
    ['null', '{\n\t"Jobs":\tnull\n}\n'],
    [
      'empty on its own lines, before another section',
      '{\n\t"Jobs":\t{\n\t},\n\t"o":\t{\n\t\t"a":\t{\n\t\t}\n\t}\n}\n',
    ],
    ['empty on one line', '{"Jobs":{},"o":{"1":{"a":1}}}'],
    ['empty on a line without indentation', '{\n"Jobs":\t{},\n"o":\t{\n"a":\t1}\n}\n'],
    ['missing on one line', '{"o":1,"Jobs":[]}{"Jobs":null}'],
  ])('%s has no records', async (_, text) => {
    expect(await read(text)).toEqual({ isPbs: true, isCut: false, states: [], taken: [], damaged: [] });
  });

  test.each([
    ['on one line', '{"Jobs":{"1.s":{"state":"R"}}}'],
    ['on one line with blanks', '{ "Jobs" : { "1.s": {"state":"R"}}}'],
    ['on lines without indentation', '{\n"Jobs":\t{\n"1.s":\t{\n"state":\t"R"\n}\n}\n}\n'],
    ['after an empty line', `{\n\t"Jobs":\t{\n${record('1.s', '"state":\t"R"')}\n\t}\n}\n`],
    ['in the first position', `{\n\t"Jobs":\t{${record('1.s', '"state":\t"R"')}\n\t},\n\t"timestamp":\t1\n}\n`],
  ])('%s is read', async (_, text) => {
    const { taken, ...found } = await read(text);
    expect(found).toEqual({ isPbs: true, isCut: false, states: ['1.s R'], damaged: [] });
  });

  test.each([
    [record('1.s'), '1.s null'],
    [record('1.s', '"state":\t"R"'), '1.s R'],
  ])('that a stray brace closes before its first record is read: %j', async (text, state) => {
    const { states } = await read(`{\n\t"Jobs":\t{\n\t}}${text},${last}\n\t}\n}\n`);
    expect(states).toEqual([state, '3.s Q']);
  });

  test('begins after a banner of any length, also if its name arrives in two chunks', async () => {
    const text = `${'banner\n'.repeat(300_000)}${documentOf('\n\t\t"2.s":\t7', first)}`;
    const cut = text.indexOf('"Jobs"') + 3;
    const { states, damaged } = await read([text.slice(0, cut), text.slice(cut)]);
    expect(states).toEqual(['1.s ñ']);
    expect(damaged).toEqual([{ record: '2.s', byte: byteOf(text, '\t\t"2.s"'), problem: 'is not an object' }]);
  });
});

test.each([
  ['tabs', '\t', 'Jobs', 'a\nb'],
  ['blanks', '    ', 'nodes', 'a\nb'],
  ['blanks, as of the old encoder', '    ', 'Jobs', 'a\\nb'],
])(
  'a backslash in a document with %s is an escape only if PBS escapes backslashes',
  async (_, indent, section, state) => {
    const text = documentOf(record('1.s', '"state":\t"a\\nb"')).replace('Jobs', section).replaceAll('\t', indent);
    expect((await read(text, section)).states).toEqual([`1.s ${state}`]);
  },
);

test('a record with an empty id is read', async () => {
  expect((await read(documentOf(record('', '"state":\t"R"')))).states).toEqual([' R']);
});

describe('the environment of a job', () => {
  const fields = (environment: string) =>
    record('1.s', '"list":\t[\n\t\t\t\t"x"\n\t\t\t]', environment, '"object":\t{\n\t\t\t\t"a":\t1\n\t\t\t}');
  const object: RawValue = { kind: 'object', text: '\t\t\t\t"a":\t1' };
  const list: RawValue = { kind: 'array', text: '\t\t\t\t"x"' };

  test.each([
    [
      'with lines that look like fields',
      `"Variable_List":\t{\n\t\t\t"state":\t"forged",\n\t\t\t\t"B":\t"${'b'.repeat(500)}"\n\t\t\t}`,
    ],
    ['on one line', '"Variable_List":\t"A=1"'],
    ['that is empty', '"Variable_List":\t{\n\t\t\t}'],
  ])('%s is skipped, and the fields around it are read', async (_, environment) => {
    const { taken, damaged } = await read(documentOf(fields(environment), last));
    expect(Object.fromEntries(taken[0]?.fields ?? [])).toEqual({ object, list });
    expect([taken.length, damaged]).toEqual([2, []]);
  });

  test('that does not end costs no other record', async () => {
    const cut = record('1.s', '"Variable_List":\t{\n\t\t\t\t"A":\t"1"', '"state":\t"R"');
    expect((await read(documentOf(cut, last))).states).toEqual(['1.s R', '3.s Q']);
  });
});
