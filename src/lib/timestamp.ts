const pattern = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:?\d\d)?)?$/;

/** Parses an ISO 8601 time, UTC unless it has a zone; a date alone is its midnight. Null if the text is not a time. */
export function parseTimestamp(text: string): Date | null {
  const [, day, time = '00:00', zone = 'Z'] = text.trim().match(pattern) ?? [];
  if (day === undefined) return null;
  // JavaScript would accept 30 February as 2 March.
  const midnight = new Date(`${day}T00:00Z`);
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day)) return null;
  const timestamp = new Date(`${day}T${time}${zone.replace(/(\d\d)(\d\d)$/, '$1:$2')}`);
  return Number.isNaN(timestamp.getTime()) ? null : timestamp;
}
