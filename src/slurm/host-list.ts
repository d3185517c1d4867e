/**
 * Node lists as Slurm prints them: `c[001-004,007],dead01`, `rack[1-2]n[01-04]` (slurm.conf(5), "NodeName": several
 * ranges in one name are their product; leading zeros are kept).
 */

/** A literal part of a name, or the ranges in its brackets. */
type Piece = string | readonly Range[];
/** The parts of one name. */
type Name = readonly Piece[];
type Range = { readonly first: number; readonly last: number; readonly width: number };

/** The longest accepted list: a damaged `c[1-999999999]` must not fill the memory. */
const maxHosts = 200_000;

/** Expands a node list; empty for an empty one, null if it is not a node list. */
export function hostsOf(list: string): readonly string[] | null {
  const names = namesIn(list);
  return names === null || countIn(names) > maxHosts ? null : names.flatMap(expanded);
}

/** Counts the names of a node list; null if it is not a node list. */
export function countHosts(list: string): number | null {
  const names = namesIn(list);
  return names === null ? null : countIn(names);
}

function countIn(names: readonly Name[]): number {
  return names.reduce((sum, pieces) => sum + pieces.reduce((product, piece) => product * sizeOf(piece), 1), 0);
}

/** Splits a list at commas outside brackets, and each name into its parts; null if it is not a node list. */
function namesIn(list: string): readonly Name[] | null {
  const names: Name[] = [];
  for (const name of list.trim() === '' ? [] : list.trim().split(/,(?![^[]*\])/)) {
    const pieces = piecesOf(name);
    if (pieces === null) return null;
    names.push(pieces);
  }
  return names;
}

/** Splits one name into its parts; null for nested or unclosed brackets, a blank, or an invalid range. */
function piecesOf(name: string): Name | null {
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

function sizeOf(piece: Piece): number {
  return typeof piece === 'string' ? 1 : piece.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

function expanded(pieces: Name): string[] {
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
