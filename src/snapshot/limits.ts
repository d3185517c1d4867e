/** The severities of an outage, the worst first, and its statuses, as the SAM API names them. */
export const severities = ['critical', 'major', 'minor', 'maintenance'] as const;
export const outageStatuses = ['investigating', 'identified', 'monitoring', 'resolved'] as const;

export type Severity = (typeof severities)[number];

/** The longest names that the API stores (contract: PostgreSQL columns). It answers 500 to a longer name. */
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

/** Control characters. PostgreSQL refuses NUL, and a terminal or page that shows a name interprets the others. */
const controls = /[\u0000-\u001f\u007f-\u009f]/g;

/** Returns a text without control characters. */
export function withoutControls(text: string): string {
  return text.replace(controls, '');
}

/** Returns a name without control characters, truncated to the API's length. */
export function cutName(name: string, field: keyof typeof nameLimits): string {
  const cut = withoutControls(name).slice(0, nameLimits[field]);
  // Do not leave half of a surrogate pair at the end.
  return cut.replace(/[\ud800-\udbff]$/, '');
}
