import { z } from 'zod';
import type { Outbox } from '../../outbox/outbox.ts';
import { events } from './changes.ts';

const moment = z.iso.datetime().transform((text) => new Date(text));

export const channels = ['command', 'webhook'] as const;
/** A way on which people are told. */
export type Channel = (typeof channels)[number];

const message = z.object({
  id: z.string(),
  channel: z.enum(channels),
  event: z.enum(events),
  status: z.enum(['ok', 'warning', 'critical']),
  text: z.string(),
  at: moment,
  attempts: z.int().nonnegative(),
  nextAt: moment,
});

/** Something to tell on one way, until it is told. */
export type Message = z.output<typeof message>;

const memory = z.object({
  problems: z.array(
    z.object({ topic: z.string(), status: z.enum(['warning', 'critical']), since: moment, toldAt: moment }),
  ),
  messages: z.array(message),
});

/** What people know, and what they are still to be told. */
export type Memory = z.output<typeof memory>;

/** Empty where nothing is remembered, or it cannot be read. */
export function readMemory(outbox: Outbox): Memory {
  return outbox.metadata.readJson('notified', memory) ?? { problems: [], messages: [] };
}

/** Writes nothing that is there already: each write is an fsync. */
export function writeMemory(outbox: Outbox, latest: Memory): void {
  const text = JSON.stringify(latest);
  if (text !== (outbox.metadata.read('notified') ?? JSON.stringify({ problems: [], messages: [] })))
    outbox.metadata.write('notified', text);
}
