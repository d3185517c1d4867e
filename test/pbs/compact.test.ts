import { expect, test } from 'bun:test';
import { readRecords } from '../../src/pbs/records.ts';
import { type PbsRecord, textOf } from '../../src/pbs/values.ts';

const document = JSON.stringify({
  timestamp: 1,
  pbs_version: '23.06.06',
  Jobs: {
    '1.s': { job_state: 'R', Account_Name: 'proj_µé', unwanted: 'x' },
    '2.s': { job_state: 'Q', Account_Name: '1', Resource_List: { ncpus: 1 } },
    '3.s': 7,
    '4.s': { job_state: 'H', Account_Name: '' },
  },
});

async function read(sizes: readonly number[]) {
  const bytes = Buffer.from(document);
  async function* chunks() {
    let start = 0;
    for (let index = 0; start < bytes.length; index++) {
      const end = start + (sizes[index % sizes.length] ?? bytes.length);
      yield bytes.subarray(start, end);
      start = end;
    }
  }
  const taken: PbsRecord[] = [];
  const found = await readRecords(chunks(), 'Jobs', new Set(['job_state', 'Account_Name']), (record) => {
    taken.push(record);
    return undefined;
  });
  return { found, taken };
}

test.each([[[1_000_000]], [[200]], [[60]], [[7, 1, 90]], [[1]]])(
  'JSON on one line is read whole in chunks of %p bytes',
  async (sizes) => {
    const { found, taken } = await read(sizes);
    expect(
      taken.map(({ id, fields }) => [id, textOf(fields.get('job_state')), textOf(fields.get('Account_Name'))]),
    ).toEqual([
      ['1.s', 'R', 'proj_µé'],
      ['2.s', 'Q', '1'],
      ['4.s', 'H', textOf('""')],
    ]);
    expect(taken.every(({ fields }) => fields.size === 2)).toBe(true);
    expect(found).toMatchObject({ isPbs: true, isCut: false });
    expect([found.damaged.count, found.damaged.first[0]?.record]).toEqual([1, '3.s']);
  },
);
