import type { NodeState } from '../lib/records.ts';

/** The words of node states, by the state that they count as. The first row that has one of a node's words decides. */
const states: readonly (readonly [NodeState, ...string[]])[] = [
  // Out of service. A draining node with running jobs accepts no new jobs.
  ['down', 'down', 'drain', 'drained', 'draining', 'drng', 'fail', 'failing', 'failg', 'error'],
  ['down', 'not_responding', 'unknown', 'unk', 'inval', 'invalid', 'invalid_reg', 'future', 'futr'],
  // Slurm implements maintenance as a reservation with the flag MAINT.
  ['reserved', 'reserved', 'resv', 'maintenance', 'maint'],
  // Changing its state: it accepts no jobs now, but may do so soon.
  ['other', 'powering_down', 'pow_dn', 'power_down', 'power_drain', 'powering_up', 'pow_up', 'power_up'],
  ['other', 'reboot_issued', 'reboot', 'boot', 'reboot_requested', 'blocked', 'perfctrs', 'npc'],
  // Full, or being cleaned up after a job.
  ['allocated', 'allocated', 'alloc', 'completing', 'comp'],
  // Free, partly free, planned for a job, or powered down until a job needs it.
  ['available', 'idle', 'mixed', 'mix', 'planned', 'plnd', 'powered_down'],
];

/** The words for the suffixes of a state (sinfo(1), "NODE STATE CODES"). */
const signs: Readonly<Record<string, string>> = {
  '*': 'not_responding',
  '~': 'powered_down',
  '#': 'powering_up',
  '!': 'power_down',
  '%': 'powering_down',
  $: 'maintenance',
  '@': 'reboot_requested',
  '^': 'reboot_issued',
  '-': 'planned',
};

/**
 * Words that are ignored because of other words in the same state. A node that is powered down or boots cannot respond.
 * Slurm reports a rebooting node as down (sinfo shows `boot^`). A powered-down node is not powering down any more.
 */
const explained: readonly (readonly [words: readonly string[], by: readonly string[]])[] = [
  [['not_responding'], ['powered_down', 'powering_down', 'pow_dn', 'powering_up', 'pow_up', 'reboot_issued']],
  [['down'], ['reboot_issued']],
  [['powering_down', 'pow_dn', 'power_down'], ['powered_down']],
];

/**
 * Returns the category of a node's state. Accepts the complete (`mixed+drain`), long (`draining*`) and compact (`drng*`)
 * forms, in upper or lower case.
 */
export function nodeStateOf(state: string): NodeState {
  const words = new Set(
    state
      .toLowerCase()
      .match(/[a-z_]+|[*~#!%$@^-]/g)
      ?.map((word) => signs[word] ?? word),
  );
  for (const [these, by] of explained)
    if (by.some((word) => words.has(word))) for (const word of these) words.delete(word);
  return states.find(([, ...known]) => known.some((word) => words.has(word)))?.[0] ?? 'other';
}
