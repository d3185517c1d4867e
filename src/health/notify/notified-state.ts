import { z } from 'zod';
import type { Outbox } from '../../outbox/outbox.ts';
import { events } from './changes.ts';

const timestamp = z.iso.datetime().transform((text) => new Date(text));

export const channels = ['command', 'webhook'] as const;
/** A way to notify people. */
export type Channel = (typeof channels)[number];

const message = z.object({
  id: z.string(),
  channel: z.enum(channels),
  event: z.enum(events),
  status: z.enum(['ok', 'warning', 'critical']),
  text: z.string(),
  at: timestamp,
  attempts: z.int().nonnegative(),
  nextAt: timestamp,
});

/** A message that is still to be sent on one channel. */
export type Message = z.output<typeof message>;

const memory = z.object({
  problems: z.array(
    z.object({ topic: z.string(), status: z.enum(['warning', 'critical']), since: timestamp, toldAt: timestamp }),
  ),
  messages: z.array(message),
});

/** The problems that people were notified of, and the messages still to be sent. */
export type NotifiedState = z.output<typeof memory>;

/** Reads the notification state; empty if there is none or if it cannot be parsed. */
export function readNotifiedState(outbox: Outbox): NotifiedState {
  return outbox.metadata.readJson('notified', memory) ?? { problems: [], messages: [] };
}

/** Stores the notification state. Skips an unchanged one, because each write is an fsync. */
export function writeNotifiedState(outbox: Outbox, latest: NotifiedState): void {
  const text = JSON.stringify(latest);
  if (text !== (outbox.metadata.read('notified') ?? JSON.stringify({ problems: [], messages: [] })))
    outbox.metadata.write('notified', text);
}
