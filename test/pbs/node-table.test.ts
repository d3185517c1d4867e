import { expect, test } from 'bun:test';
import { parseNodeTable } from '../../src/pbs/node-table.ts';

const tableOf = (...rows: string[]) => {
  const table = parseNodeTable(`vnode state\n--- ---\n${rows.join('\n')}\n`);
  if (typeof table === 'string') throw new Error(table);
  return table;
};

test('every column of several rows is read', () => {
  const { value, damaged } = tableOf(
    'n1 free 1 0 1 1gb/4gb 1/2 0/0 0/1 1,2',
    '',
    'n2 job-busy 0 1 0 -3kb/2gb -1/1 0/0 1/2 --',
    'n3 down 0 0 0 0b/0b 0/0 0/0 0/0',
  );
  expect(value).toHaveLength(2);
  expect(value[0]).toEqual({
    ...{ name: 'n1', stateText: 'free', state: 'available', jobs: 1, jobsRunning: 0, jobsSuspended: 1 },
    ...{ memoryFreeGib: 1, memoryGib: 4, coresFree: 1, cores: 2, gpusFree: 0, gpus: 1, jobIds: '1,2' },
  });
  expect(value[1]).toMatchObject({ name: 'n3', state: 'down', memoryFreeGib: 0, cores: 0, jobIds: '' });
  expect([damaged.count, damaged.first[0]?.record]).toEqual([1, 'n2']);
});

test('a free count below 0 is 0', () => {
  expect(tableOf('n2 job-busy 0 1 0 0kb/2gb -1/1 0/0 -2/2 --').value).toMatchObject([
    { state: 'allocated', coresFree: 0, cores: 1, gpusFree: 0, gpus: 2, jobIds: '' },
  ]);
});

test.each([
  ['jobs', 'n1 free x 0 0 1gb/4gb 1/2 0/0 0/1 --'],
  ['jobs', 'n1 free 0 x 0 1gb/4gb 1/2 0/0 0/1 --'],
  ['jobs', 'n1 free 0 0 x 1gb/4gb 1/2 0/0 0/1 --'],
  ['memory', 'n1 free 0 0 0 x/4gb 1/2 0/0 0/1 --'],
  ['memory', 'n1 free 0 0 0 4gb 1/2 0/0 0/1 --'],
  ['CPUs', 'n1 free 0 0 0 1gb/4gb x/2 0/0 0/1 --'],
  ['CPUs', 'n1 free 0 0 0 1gb/4gb 2 0/0 0/1 --'],
  ['GPUs', 'n1 free 0 0 0 1gb/4gb 1/2 0/0 x/1 --'],
  ['GPUs', 'n1 free 0 0 0 1gb/4gb 1/2 0/0 1 --'],
])('a row without %s is damaged, at its place: %s', (words, row) => {
  const good = 'ñ0 free 0 0 0 1gb/4gb 1/2 0/0 0/1 --';
  const { value, damaged } = tableOf(good, row);
  expect(value).toMatchObject([{ name: 'ñ0' }]);
  const byte = Buffer.byteLength(`vnode state\n--- ---\n${good}\n`);
  expect(damaged.first).toEqual([{ record: 'n1', byte, problem: expect.stringContaining(words) }]);
});
