/** The severities of an outage, the worst first, and its statuses, as the SAM API names them. */
export const severities = ['critical', 'major', 'minor', 'maintenance'] as const;
export const outageStatuses = ['investigating', 'identified', 'monitoring', 'resolved'] as const;

export type Severity = (typeof severities)[number];
export type OutageStatus = (typeof outageStatuses)[number];
