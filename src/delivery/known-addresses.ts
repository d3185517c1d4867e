import { z } from 'zod';
import type { Outbox } from '../outbox/outbox.ts';

const addresses = z.array(z.string());

/** The addresses of servers of which something is known from their answers, stored in the outbox under a key. */
export function knownAddresses(key: string) {
  const known = (outbox: Outbox): readonly string[] => outbox.metadata.readJson(key, addresses) ?? [];
  const has = (outbox: Outbox, address: string): boolean => known(outbox).includes(address);
  return {
    has,
    /** Adds an address as the last one, or removes it. Writes only a change. */
    put(outbox: Outbox, address: string, isKnown: boolean): void {
      const before = known(outbox);
      const others = before.filter((other) => other !== address);
      const after = isKnown ? [...others, address] : others;
      if (JSON.stringify(after) !== JSON.stringify(before)) outbox.metadata.write(key, JSON.stringify(after));
    },
  };
}
