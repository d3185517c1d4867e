import { z } from 'zod';
import { dateOf } from '../outbox/row.ts';
import type { OutageAnswerRow, OutageRow } from '../outbox/tables/outages.ts';
import { outageStatuses, severities } from '../snapshot/limits.ts';
import type { Outage } from './outage.ts';

/** The answer of a destination to the reports of an outage. */
export type OutageAnswer = {
  readonly destination: string;
  /** The ids that it gave the reports; the SAM API gives each report its own. */
  readonly ids: readonly number[];
  /** True if it keeps one row for all reports. */
  readonly isOneRow: boolean;
};

/** An outage with the answers to its reports, of each destination that has answered. */
export type KnownOutage = Outage & { readonly answers: readonly OutageAnswer[] };

const names = z.array(z.string());
const ids = z.array(z.int());

export function knownOutageOf(row: OutageRow, answers: readonly OutageAnswerRow[]): KnownOutage {
  return {
    outage_key: row.key,
    system_name: row.system,
    title: row.title,
    severity: severities.find((word) => word === row.severity) ?? 'minor',
    status: outageStatuses.find((word) => word === row.status) ?? 'investigating',
    component: row.component ?? undefined,
    description: row.description ?? undefined,
    start_time: dateOf(row.started_at),
    end_time: row.ended_at === null ? undefined : dateOf(row.ended_at),
    estimated_resolution: row.estimated_at === null ? undefined : dateOf(row.estimated_at),
    outage_reported_at: dateOf(row.reported_at),
    outage_rule: row.rule === null ? undefined : { name: row.rule, affected: parsed(names, row.affected) },
    answers: answers.map(({ destination, outage_ids, is_one_row }) => ({
      destination,
      ids: parsed(ids, outage_ids),
      isOneRow: is_one_row === 1,
    })),
  };
}

/** The list in a column; empty if its text is damaged, because a damaged row must not stop every run. */
function parsed<Item>(list: z.ZodType<Item[]>, text: string): Item[] {
  try {
    return list.safeParse(JSON.parse(text)).data ?? [];
  } catch {
    return [];
  }
}
