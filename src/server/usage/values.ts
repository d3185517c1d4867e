import type { Fault } from './fault.ts';

// The rules are those of the ingest API: pydantic's "lax mode" (docs: Conversion Table). fixtures/ingest-api/values.jsonl
// has its answers. A number that the database cannot hold exactly is refused.

type NumberFaults = { readonly wrongType: Fault; readonly unreadable: Fault };

const wholeFaults: NumberFaults = {
  wrongType: { type: 'int_type', msg: 'Input should be a valid integer' },
  unreadable: { type: 'int_parsing', msg: 'Input should be a valid integer, unable to parse string as an integer' },
};
const decimalFaults: NumberFaults = {
  wrongType: { type: 'float_type', msg: 'Input should be a valid number' },
  unreadable: { type: 'float_parsing', msg: 'Input should be a valid number, unable to parse string as a number' },
};
// A literal in a function would make an object for each value.
const wholeForm = /^[+-]?\d+(_\d+)*(\.0+)?$/;
const decimalForm = /^[+-]?(\d+(_\d+)*\.?(\d+(_\d+)*)?|\.\d+(_\d+)*)(e[+-]?\d+)?$/i;
const notText = { type: 'string_type', msg: 'Input should be a valid string' };
const fractional = {
  type: 'int_from_float',
  msg: 'Input should be a valid integer, got a number with a fractional part',
};
const tooLarge = {
  type: 'int_parsing_size',
  msg: 'Unable to parse input string as an integer, exceeded maximum size',
};
const notFinite = { type: 'finite_number', msg: 'Input should be a finite number' };

/** Reads a string. */
export function text(value: unknown): string | Fault {
  return typeof value === 'string' ? value : notText;
}

/** Reads a whole number: `4`, `4.0`, `"4"`, `"4.0"`, `true`; refuses one that a double cannot hold exactly. */
export function whole(value: unknown): number | Fault {
  const number = numberOf(value, wholeForm, wholeFaults);
  if (typeof number !== 'number') return number;
  if (!Number.isInteger(number)) return fractional;
  return Number.isSafeInteger(number) ? number : tooLarge;
}

/** Reads a number: `4.5`, `"4.5"`, `"1e3"`, `true`; refuses infinite numbers and NaN. */
export function decimal(value: unknown): number | Fault {
  if (typeof value === 'string' && /^\s*[+-]?(nan|inf|infinity)\s*$/i.test(value)) return notFinite;
  const number = numberOf(value, decimalForm, decimalFaults);
  if (typeof number !== 'number') return number;
  return Number.isFinite(number) ? number : notFinite;
}

/** Returns the number in a number, a boolean or a string of that form, never -0. */
function numberOf(value: unknown, form: RegExp, { wrongType, unreadable }: NumberFaults): number | Fault {
  if (typeof value === 'number' || typeof value === 'boolean') return Number(value) + 0;
  if (typeof value !== 'string') return wrongType;
  const trimmed = value.trim();
  return form.test(trimmed) ? Number(trimmed.replaceAll('_', '')) + 0 : unreadable;
}
