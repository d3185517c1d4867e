import { encodeColumns, narrow } from './columns.ts';

/** What a job used. */
type Used = { readonly cpuSeconds: number; readonly gpuSeconds: number; readonly nodeSeconds: number };

/** More than a cluster has names, and than a segment has combinations of them. */
const idsAtMost = 2 ** 26;

/** Sums what jobs used; see `Cells`. */
export function createCells() {
  // A key of numbers is found several times as fast as a text of five ids.
  const pairs = new Map<number, number>();
  const combinations = new Map<number, number>();
  const namesOf: (readonly number[])[] = [];
  const cells = new Map<number, Cell>();

  /** Returns a number for two ids, a different one for each two. */
  function pair(one: number, other: number): number {
    return numberOf(pairs, one * idsAtMost + other);
  }
  return {
    /** Returns the number of a combination of ids. */
    combination(partition: number, account: number, user: number, qos: number, state: number): number {
      const key = pair(pair(pair(partition, account), user), qos) * idsAtMost + state;
      const number = numberOf(combinations, key);
      if (number === namesOf.length) namesOf.push([partition, account, user, qos, state]);
      return number;
    },
    /**
     * Adds a share of what a job used to a cell.
     * @param ran 1 if the job ran on the day
     * @param began 1 if the day is the first one of the job
     */
    add(combination: number, day: number, ran: number, began: number, share: number, used: Used): void {
      const key = combination * daysAtMost + day;
      let cell = cells.get(key);
      if (!cell) {
        cell = { combination, day, ran: 0, began: 0, cpuSeconds: 0, gpuSeconds: 0, nodeSeconds: 0 };
        cells.set(key, cell);
      }
      cell.ran += ran;
      cell.began += began;
      cell.cpuSeconds += used.cpuSeconds * share;
      cell.gpuSeconds += used.gpuSeconds * share;
      cell.nodeSeconds += used.nodeSeconds * share;
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

/** Returns the number of a key: the next one if it is new. */
function numberOf(numbers: Map<number, number>, key: number): number {
  const known = numbers.get(key);
  if (known !== undefined) return known;
  numbers.set(key, numbers.size);
  return numbers.size - 1;
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
