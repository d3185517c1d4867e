import { RequestProblem } from '../http/problem.ts';

/** A fault of a value, in the words of pydantic 2.13, which clients of the ingest API know. */
export type Fault = {
  readonly type: string;
  readonly msg: string;
  readonly ctx?: Readonly<Record<string, string>>;
};

/** A fault with its location: an entry of the list `detail` of a 422, as FastAPI makes it. */
export type JobFault = Fault & {
  readonly loc: readonly (string | number)[];
  /** The value that was sent, cut if it is long; for a missing field, the object without it. */
  readonly input: unknown;
};

/** The most faults in one answer, which then stays below 1 MiB. */
const maxNamed = 1000;
const maxTextLength = 200;
const maxMembers = 20;

/** Collects the faults of a request. Names the first thousand and counts the others. */
export class Problems {
  readonly #named: JobFault[] = [];
  #count = 0;

  /** Adds a fault; `input` is the value that was sent. */
  add(fault: Fault, loc: JobFault['loc'], input: unknown): void {
    this.#count += 1;
    if (this.#named.length < maxNamed) this.#named.push(problem(fault, loc, input));
  }

  /** @throws RequestProblem 422 if there are any */
  throwIfAny(): void {
    if (this.#count > 0) throw this.refusal();
  }

  /** Returns the 422 for the faults, of which there must be one. */
  refusal(): RequestProblem {
    return refusalOf(this.#named, this.#count);
  }
}

/** Returns the 422 for one fault; see `Problems.add`. */
export function refused(fault: Fault, loc: JobFault['loc'], input: unknown): RequestProblem {
  return refusalOf([problem(fault, loc, input)], 1);
}

function refusalOf(named: readonly JobFault[], count: number): RequestProblem {
  const [first] = named;
  const more = count > 1 ? ` (and ${count - 1} more)` : '';
  return new RequestProblem(422, `${first?.loc.join('.')}: ${first?.msg}${more}`, {}, named);
}

function problem({ type, msg, ctx }: Fault, loc: JobFault['loc'], input: unknown): JobFault {
  return { type, loc, msg, input: shortened(input), ...(ctx && { ctx }) };
}

/** Returns a sent value as the answer shows it: a field or a record, cut if it is long, and null for more than that. */
function shortened(value: unknown): unknown {
  if (typeof value === 'string') return value.length > maxTextLength ? `${value.slice(0, maxTextLength)}…` : value;
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value);
  const isFlat = members.every(([, member]) => typeof member !== 'object' || member === null);
  if (!isFlat || members.length > maxMembers) return null;
  if (Array.isArray(value)) return value.map(shortened);
  return Object.fromEntries(members.map(([key, member]) => [key, shortened(member)]));
}
