/**
 * Node lists as Slurm prints them: `c[001-004,007],dead01`, `rack[1-2]n[01-04]` (slurm.conf(5), "NodeName": several
 * ranges in one name are their product; leading zeros are kept).
 */

/** A literal part of a name, or the ranges in its brackets. */
type Piece = string | readonly Range[];
type Range = { readonly first: number; readonly last: number; readonly width: number };

/** The longest accepted list: a damaged `c[1-999999999]` must not fill the memory. */
const maxHosts = 200_000;

/** Expands a node list; empty for an empty one, null if it is not a node list. */
export function hostsOf(list: string): readonly string[] | null {
  const count = countHosts(list);
  if (count === null || count > maxHosts) return null;
  return namesIn(list).flatMap((name) => expanded(piecesOf(name) ?? []));
}

/** Counts the names of a node list; null if it is not a node list. */
export function countHosts(list: string): number | null {
  let count = 0;
  for (const name of namesIn(list)) {
    const pieces = piecesOf(name);
    if (pieces === null) return null;
    count += pieces.reduce((product, piece) => product * (typeof piece === 'string' ? 1 : sizeOf(piece)), 1);
  }
  return count;
}

/** Splits at commas outside brackets. */
function namesIn(list: string): string[] {
  return list.trim() === '' ? [] : list.trim().split(/,(?![^[]*\])/);
}

/** Splits one name into its parts; null for nested or unclosed brackets, a blank, or an invalid range. */
function piecesOf(name: string): readonly Piece[] | null {
  if (!/^(?:[^\s,[\]()]|\[[\d,-]+\])+$/.test(name)) return null;
  const pieces: Piece[] = [];
  for (const part of name.match(/\[[^\]]*\]|[^[]+/g) ?? []) {
    const piece = part.startsWith('[') ? rangesOf(part.slice(1, -1)) : part;
    if (piece === null) return null;
    pieces.push(piece);
  }
  return pieces;
}

function rangesOf(text: string): readonly Range[] | null {
  const ranges: Range[] = [];
  for (const part of text.split(',')) {
    const [, from, to = from] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part) ?? [];
    if (from === undefined || to === undefined || Number(to) < Number(from)) return null;
    ranges.push({ first: Number(from), last: Number(to), width: from.length });
  }
  return ranges;
}

function sizeOf(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

function expanded(pieces: readonly Piece[]): string[] {
  return pieces.reduce<string[]>(
    (names, piece) => {
      const ends = typeof piece === 'string' ? [piece] : piece.flatMap(numbersIn);
      return names.flatMap((name) => ends.map((end) => name + end));
    },
    [''],
  );
}

function numbersIn({ first, last, width }: Range): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => String(first + index).padStart(width, '0'));
}
