/** The present of the answers. In Denver, the zone of their site, it is 13:04:30 on a Saturday. */
export const present = Date.parse('2026-11-28T20:04:30Z');

const hour = 3_600_000;

/** Returns the UTC text, without a zone, of a time some hours after the present. */
export function at(hours: number): string {
  return new Date(present + hours * hour).toISOString().slice(0, 19);
}
