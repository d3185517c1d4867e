import { encodeColumns, narrow } from './columns.ts';

/** What a job adds to a cell: `share` of its seconds. */
type Usage = {
  readonly ran: number;
  readonly began: number;
  readonly share: number;
  readonly cpuSeconds: number;
  readonly gpuSeconds: number;
  readonly nodeSeconds: number;
};

/** Sums what jobs used; see `Cells`. */
export function createCells() {
  const combinations = new Map<string, number>();
  const namesOf: (readonly number[])[] = [];
  const cells = new Map<number, Cell>();
  return {
    /** Returns the number of a combination of the ids of partition, account, user, QOS and state. */
    combination(ids: readonly number[]): number {
      const key = ids.join(' ');
      const known = combinations.get(key);
      if (known !== undefined) return known;
      combinations.set(key, namesOf.length);
      return namesOf.push(ids) - 1;
    },
    add(combination: number, day: number, { ran, began, share, cpuSeconds, gpuSeconds, nodeSeconds }: Usage): void {
      const key = combination * daysAtMost + day;
      let cell = cells.get(key);
      if (!cell) {
        cell = { combination, day, ran: 0, began: 0, cpuSeconds: 0, gpuSeconds: 0, nodeSeconds: 0 };
        cells.set(key, cell);
      }
      cell.ran += ran;
      cell.began += began;
      cell.cpuSeconds += cpuSeconds * share;
      cell.gpuSeconds += gpuSeconds * share;
      cell.nodeSeconds += nodeSeconds * share;
    },
    encoded(): Uint8Array {
      // In this order the columns compress best.
      const sorted = [...cells.values()].sort((a, b) => a.combination - b.combination || a.day - b.day);
      const ids = (index: number) => narrow(namesOf.map((names) => names[index] ?? 0));
      return encodeColumns({
        partition: ids(0),
        account: ids(1),
        user: ids(2),
        qos: ids(3),
        state: ids(4),
        day: new Int16Array(sorted.map((cell) => cell.day)),
        combination: narrow(sorted.map((cell) => cell.combination)),
        ran: narrow(sorted.map((cell) => cell.ran)),
        began: narrow(sorted.map((cell) => cell.began)),
        cpuSeconds: new Float64Array(sorted.map((cell) => wholeIfNear(cell.cpuSeconds))),
        gpuSeconds: new Float64Array(sorted.map((cell) => wholeIfNear(cell.gpuSeconds))),
        nodeSeconds: new Float64Array(sorted.map((cell) => wholeIfNear(cell.nodeSeconds))),
      });
    },
  };
}

/** Shares of whole seconds are whole seconds but for the rounding of the division, and whole numbers compress better. */
function wholeIfNear(seconds: number): number {
  const whole = Math.round(seconds);
  return Math.abs(seconds - whole) <= 1e-9 * Math.max(1, Math.abs(seconds)) ? whole : seconds;
}

const daysAtMost = 2 ** 17;

type Cell = {
  readonly combination: number;
  readonly day: number;
  ran: number;
  began: number;
  cpuSeconds: number;
  gpuSeconds: number;
  nodeSeconds: number;
};
