import { RequestProblem } from '../problem.ts';

/** What is wrong with a value, in the words of pydantic 2.13, which clients of the ingest API know. */
export type Fault = {
  readonly type: string;
  readonly msg: string;
  readonly ctx?: Readonly<Record<string, string>>;
};

/** A fault with its place: one member of the list `detail` of a 422, as FastAPI makes it. */
export type Problem = Fault & {
  readonly loc: readonly (string | number)[];
  /** What was sent there; a missing field has what it is missing in. Cut where it is long. */
  readonly input: unknown;
};

/** A client may take the named jobs out and send the others again: with this many the answer stays below a MiB. */
const maxNamed = 1000;
const maxTextLength = 200;
const maxMembers = 20;

/** Gathers what is wrong with a request, up to a bound. */
export class Problems {
  readonly #named: Problem[] = [];
  #count = 0;

  /** Notes one; `input` is what was sent there. */
  add(fault: Fault, loc: Problem['loc'], input: unknown): void {
    this.#count += 1;
    if (this.#named.length < maxNamed) this.#named.push(problem(fault, loc, input));
  }

  /** @throws RequestProblem 422 that names them, the first thousand where there are more */
  throwIfAny(): void {
    if (this.#count > 0) throw refusalOf(this.#named, this.#count);
  }
}

/** A 422 for one thing that is wrong; see `Problems.add`. */
export function refused(fault: Fault, loc: Problem['loc'], input: unknown): RequestProblem {
  return refusalOf([problem(fault, loc, input)], 1);
}

function refusalOf(named: readonly Problem[], count: number): RequestProblem {
  const [first] = named;
  const more = count > 1 ? ` (and ${count - 1} more)` : '';
  return new RequestProblem(422, `${first?.loc.join('.')}: ${first?.msg}${more}`, {}, named);
}

function problem({ type, msg, ctx }: Fault, loc: Problem['loc'], input: unknown): Problem {
  return { type, loc, msg, input: shortened(input), ...(ctx && { ctx }) };
}

/** What was sent as it is shown back: a field, or a record of fields; not a whole request. */
function shortened(value: unknown): unknown {
  if (typeof value === 'string') return value.length > maxTextLength ? `${value.slice(0, maxTextLength)}…` : value;
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value);
  const isFlat = members.every(([, member]) => typeof member !== 'object' || member === null);
  if (!isFlat || members.length > maxMembers) return null;
  if (Array.isArray(value)) return value.map(shortened);
  return Object.fromEntries(members.map(([key, member]) => [key, shortened(member)]));
}
