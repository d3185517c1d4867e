const pattern = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:?\d\d)?)?$/;

/** A moment in ISO 8601, UTC unless it says otherwise; a day alone is its beginning. Null for what is none. */
export function parseMoment(text: string): Date | null {
  const [, day, time = '00:00', zone = 'Z'] = text.trim().match(pattern) ?? [];
  if (day === undefined) return null;
  // The 30th of February would be taken for the 2nd of March.
  const midnight = new Date(`${day}T00:00Z`);
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day)) return null;
  const moment = new Date(`${day}T${time}${zone.replace(/(\d\d)(\d\d)$/, '$1:$2')}`);
  return Number.isNaN(moment.getTime()) ? null : moment;
}
