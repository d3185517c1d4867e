import { z } from 'zod';

/** Bytes of a filesystem or a volume. `free` is what an ordinary user can still write. */
const spaceSchema = z.object({ size: z.number(), free: z.number(), used: z.number() });

export type Space = z.infer<typeof spaceSchema>;

/** Returns the spaces that an earlier process stored, by name; none if it stored none. */
export function spacesIn(stored: unknown): Record<string, Space> {
  return z.record(z.string(), spaceSchema).safeParse(stored).data ?? {};
}
