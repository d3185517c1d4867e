/** How bad an outage is, the worst first, and how far its handling is: the words of the API guide. */
export const severities = ['critical', 'major', 'minor', 'maintenance'] as const;
export const outageStatuses = ['investigating', 'identified', 'monitoring', 'resolved'] as const;

export type Severity = (typeof severities)[number];
export type OutageStatus = (typeof outageStatuses)[number];
