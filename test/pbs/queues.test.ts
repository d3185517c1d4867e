import { expect, test } from 'bun:test';
import { parseQueue, parseQueueTable } from '../../src/pbs/queues.ts';

const queueOf = (fields: Record<string, string>) =>
  parseQueue({ id: 'q', byte: 0, fields: new Map(Object.entries(fields)) });

test.each([
  [{ queue_type: '"Execution"', enabled: '"True"', started: '"False"', total_jobs: '1' }, [true, false, 1]],
  [{ queue_type: '"Execution"', enabled: '"False"', started: '"True"', total_jobs: '0' }, [false, true, 0]],
  [{ queue_type: '"Execution"', enabled: 'true', started: 'true' }, [true, true, 0]],
  [{ queue_type: '"Execution"' }, [false, false, 0]],
])('the queue %j', (fields, [enabled, started, jobs]) => {
  expect(queueOf(fields)).toEqual({ name: 'q', type: 'Execution', enabled, started, jobs } as object as never);
});

test.each([
  [{ total_jobs: '1' }, 'queue_type'],
  [{ queue_type: '""' }, 'queue_type'],
  [{ queue_type: '"Route"', total_jobs: '-1' }, 'total_jobs'],
])('the queue %j has an error that names %s', (fields, name) => {
  expect(queueOf(fields)).toContain(name);
});

test('the table has every queue, and its other lines are skipped', () => {
  const table = `Queue              Max   Tot Ena Str   Que   Run   Hld   Wat   Trn   Ext Type
---------------- ----- ----- --- --- ----- ----- ----- ----- ----- ----- ----
main                 0     1 yes  no     0     1     0     0     0     0 Exe*
route                0     0  no yes     0     0     0     0     0     0 Rou
odd                  0    12 yes yes     0     0     0     0     0     0 Odd
short                0     1 yes  no     0     1
`;
  expect(parseQueueTable(table)).toEqual([
    { name: 'main', type: 'Execution', enabled: true, started: false, jobs: 1 },
    { name: 'route', type: 'Route', enabled: false, started: true, jobs: 0 },
    { name: 'odd', type: 'Odd', enabled: true, started: true, jobs: 12 },
  ]);
});
