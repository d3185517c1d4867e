import type { NodeState } from '../lib/records.ts';

/** What a node counts as by words of its state: the first line that has one of them decides. */
const states: readonly (readonly [NodeState, ...string[]])[] = [
  // Out of service, whoever took it out. A node that drains with jobs on it takes no others.
  ['down', 'down', 'drain', 'drained', 'draining', 'drng', 'fail', 'failing', 'failg', 'error'],
  ['down', 'not_responding', 'unknown', 'unk', 'inval', 'invalid', 'invalid_reg', 'future', 'futr'],
  // A maintenance is a reservation with a flag of its own.
  ['reserved', 'reserved', 'resv', 'maintenance', 'maint'],
  // On its way to somewhere: it takes no job now, and may soon.
  ['other', 'powering_down', 'pow_dn', 'power_down', 'power_drain', 'powering_up', 'pow_up', 'power_up'],
  ['other', 'reboot_issued', 'reboot', 'boot', 'reboot_requested', 'blocked', 'perfctrs', 'npc'],
  // Full, or still being cleaned up behind a job.
  ['allocated', 'allocated', 'alloc', 'completing', 'comp'],
  // Free, in part, kept for a job that is planned, or asleep until a job wakes it.
  ['available', 'idle', 'mixed', 'mix', 'planned', 'plnd', 'powered_down'],
];

/** The words that the signs behind a state stand for (sinfo(1), "NODE STATE CODES"). */
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
 * Words that others of the same state explain. A node that is switched off or boots cannot respond, and Slurm calls one that
 * reboots down (sinfo shows it as `boot^`). For a node that is off, being switched off is over.
 */
const explained: readonly (readonly [words: readonly string[], by: readonly string[]])[] = [
  [['not_responding'], ['powered_down', 'powering_down', 'pow_dn', 'powering_up', 'pow_up', 'reboot_issued']],
  [['down'], ['reboot_issued']],
  [['powering_down', 'pow_dn', 'power_down'], ['powered_down']],
];

/** What a node's state counts as, be it complete (`mixed+drain`), long (`draining*`) or compact (`drng*`), in any case. */
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
