import { closeList, closeObject, comma, endOfText, isRecord, openList, openObject, parseJson, quote } from './json.ts';
import { RequestProblem } from './problem.ts';

/** About a thousand records, which are parsed in some milliseconds. */
const pieceBytes = 256 * 1024;

/** A parsed object, one member of which is a long list. */
export type WithLongList = {
  /** The object, with an empty or marked list in the place of the long one. */
  readonly value: unknown;
  /** The entries of the list, some at a time: all of them as objects take ten times the memory of their text. */
  readonly pieces: Iterable<readonly unknown[]>;
};

/**
 * Parses JSON of which the member `name` may be a list of a hundred thousand records. It accepts what `parseJson`
 * accepts, with the same result.
 * @throws RequestProblem 400, from `pieces` too
 */
export function parseWithLongList(bytes: Uint8Array, name: string): WithLongList {
  const list = findList(bytes, Buffer.from(JSON.stringify(name)));
  const mark = crypto.randomUUID();
  const value = parseJson(list ? replaced(bytes, list, Buffer.from(JSON.stringify(mark))) : bytes);
  const inside: unknown = isRecord(value) ? value[name] : undefined;
  if (!Array.isArray(inside)) return { value, pieces: [] };
  // The name may occur twice, or with escapes. The last one counts, and it may not be the list that was found.
  return { value, pieces: list && inside[0] === mark ? piecesOf(bytes, list) : [inside] };
}

function replaced(bytes: Uint8Array, { start, end }: List, by: Uint8Array): Uint8Array {
  return Buffer.concat([bytes.subarray(0, start), by, bytes.subarray(end)]);
}

/** The positions at which the inside of the list begins and ends, and of some commas between its entries. */
type List = { readonly start: number; readonly end: number; readonly commas: readonly number[] };

/** Finds the last list that is a member of that quoted name in the outermost object; null if there is none. */
function findList(bytes: Uint8Array, name: Uint8Array): List | null {
  let found: List | null = null;
  let open: { start: number; commas: number[] } | null = null;
  let isNamed = false;
  let depth = 0;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] ?? 0;
    if (byte === quote) {
      const end = endOfText(bytes, index);
      if (depth === 1) isNamed = Buffer.compare(bytes.subarray(index, end + 1), name) === 0;
      index = end;
    } else if (byte === openList || byte === openObject) {
      depth++;
      if (depth === 2 && isNamed && byte === openList) open = { start: index + 1, commas: [] };
    } else if (byte === closeList || byte === closeObject) {
      depth--;
      if (depth === 1 && open) {
        found = { ...open, end: index };
        open = null;
      }
      if (depth === 1) isNamed = false;
    } else if (byte === comma) {
      if (depth === 1) isNamed = false;
      if (depth === 2 && open && index - (open.commas.at(-1) ?? open.start) >= pieceBytes) open.commas.push(index);
    }
  }
  return found;
}

function* piecesOf(bytes: Uint8Array, { start, end, commas }: List): Generator<readonly unknown[]> {
  // A list without commas may be empty. Between two commas there must be an entry.
  let from = start;
  for (const to of [...commas, end]) {
    const piece = parseJson(Buffer.concat([Buffer.from('['), bytes.subarray(from, to), Buffer.from(']')]));
    if (!Array.isArray(piece) || (piece.length === 0 && commas.length > 0)) {
      throw new RequestProblem(400, 'Request body is not valid JSON');
    }
    yield piece;
    from = to + 1;
  }
}
