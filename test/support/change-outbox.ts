import { Outbox } from '../../src/outbox/outbox.ts';
import type { Site } from './site.ts';

/** Changes the outbox of a site as no command does; creates it if there is none. */
export function changeOutbox<T>(site: Site, work: (outbox: Outbox) => T): T {
  const outbox = new Outbox(site.outbox);
  try {
    return work(outbox);
  } finally {
    outbox.close();
  }
}
