/** The longest names that the API stores (contract: PostgreSQL columns; a longer one makes it answer 500). */
export const nameLimits = {
  username: 32,
  project_code: 16,
  queue_name: 32,
  queue_type: 16,
  node_name: 32,
  filesystem_name: 32,
  node_type: 64,
  gpu_model: 64,
  reservation_name: 128,
  partition: 64,
} as const;

/** The API's integers are 32 bits wide. */
export const maxInteger = 0x7fffffff;

/** Control characters: PostgreSQL refuses NUL, and a terminal or page that shows a name obeys the others. */
const controls = /[\u0000-\u001f\u007f-\u009f]/g;

/** Text without control characters. */
export function withoutControls(text: string): string {
  return text.replace(controls, '');
}

/** A name cut to the API's length, without control characters. */
export function cutName(name: string, field: keyof typeof nameLimits): string {
  const cut = withoutControls(name).slice(0, nameLimits[field]);
  // Half of a surrogate pair is no character.
  return cut.replace(/[\ud800-\udbff]$/, '');
}
