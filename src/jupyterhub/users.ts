import { z } from 'zod';
import { plainWords } from '../lib/plain-words.ts';
import { Damages, type HubUserRecord, type ServerRecord } from '../lib/records.ts';

/** The media type that requests pages from JupyterHub 2 and later; earlier releases answer with a plain list. */
export const paginationType = 'application/jupyterhub-pagination+json';

/** One page of `GET /hub/api/users`. */
export type UsersPage = {
  readonly users: readonly HubUserRecord[];
  readonly damaged: Damages;
  /** Offset of the next page; null for the last one, undefined if the hub does not say. */
  readonly next: number | null | undefined;
  /** Number of users on the page, including broken records. */
  readonly length: number;
};

const paginated = z.object({
  items: z.array(z.unknown()),
  _pagination: z.object({ next: z.object({ offset: z.int().positive() }).nullish() }),
});

const server = z.object({
  ready: z.boolean().optional(),
  pending: z.string().nullish(),
  stopped: z.boolean().optional(),
  user_options: z.unknown().optional(),
  /** Absent for a token without the scope admin:server_state. */
  state: z.unknown().optional(),
});

const user = z.object({ name: z.string().min(1), servers: z.record(z.string(), server).optional() });

/**
 * Reads one page of users (JupyterHub REST API, `get-users`). A broken user record is skipped, and the others are read. `byte` is the
 * offset of the page in the whole output. Returns a string with the error if it is not a page.
 */
export function parseUsersPage(text: string, byte: number): UsersPage | string {
  const document = jsonOf(text);
  const page = paginated.safeParse(document).data;
  const items = Array.isArray(document) ? (document as readonly unknown[]) : page?.items;
  if (items === undefined) return 'is not a list of users';
  const users: HubUserRecord[] = [];
  const damaged = new Damages();
  for (const item of items) {
    const { data, error } = user.safeParse(item, { error: plainWords });
    if (!data) {
      damaged.add({ record: nameOf(item), byte, problem: error.issues[0]?.message ?? 'is not a user' });
      continue;
    }
    if (!data.servers) return 'does not show the servers of users: give the token the scope read:servers';
    users.push({
      name: data.name,
      servers: Object.entries(data.servers).map(([name, found]) => recordOf(name, found)),
    });
  }
  return { users, damaged, next: page ? (page._pagination.next?.offset ?? null) : undefined, length: items.length };
}

/** The API also lists starting servers. Hubs before 0.9 have no `ready`, and list only running servers. */
function recordOf(name: string, found: z.output<typeof server>): ServerRecord {
  const running = found.ready ?? (found.stopped !== true && (found.pending ?? null) === null);
  return { name, running, options: found.user_options, state: found.state };
}

function nameOf(item: unknown): string | null {
  return z.object({ name: z.string() }).safeParse(item).data?.name ?? null;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
