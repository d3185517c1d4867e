import type { Entry, EntryState } from '../entry.ts';
import type { Outbox } from '../outbox.ts';

/** A row of `outages`; times are milliseconds since 1970. */
export type OutageRow = {
  readonly key: string;
  readonly system: string;
  readonly title: string;
  readonly severity: string;
  readonly status: string;
  readonly component: string | null;
  readonly description: string | null;
  readonly started_at: number;
  readonly ended_at: number | null;
  readonly estimated_at: number | null;
  readonly reported_at: number;
  readonly rule: string | null;
  /** JSON array of names. */
  readonly affected: string;
};

/** The answer of a destination to the reports of an outage. */
export type OutageAnswerRow = {
  readonly outage: string;
  readonly destination: string;
  /** JSON array of the ids that the destination gave its reports. */
  readonly outage_ids: string;
  /** 1 if the destination keeps one row for all its reports. */
  readonly is_one_row: number;
};

/** Stores what an entry reports of an outage, unless a newer report is known, and links the entry to the outage. */
export function putOutage({ database }: Outbox, row: OutageRow, entry: string): void {
  database
    .query(
      `INSERT INTO outages (key, system, title, severity, status, component, description, started_at, ended_at,
         estimated_at, reported_at, rule, affected)
       VALUES ($key, $system, $title, $severity, $status, $component, $description, $started_at, $ended_at,
         $estimated_at, $reported_at, $rule, $affected)
       ON CONFLICT (key) DO UPDATE SET system = excluded.system, title = excluded.title, severity = excluded.severity,
         status = excluded.status, component = excluded.component, description = excluded.description,
         started_at = excluded.started_at, ended_at = excluded.ended_at, estimated_at = excluded.estimated_at,
         reported_at = excluded.reported_at, rule = excluded.rule, affected = excluded.affected
       WHERE excluded.reported_at >= reported_at`,
    )
    .run({ ...row });
  database.query('INSERT INTO outage_entries (entry, outage) VALUES (?, ?)').run(entry, row.key);
}

/** Stores the affected things of an outage, a JSON array of names. */
export function setAffected({ database }: Outbox, key: string, affected: string): void {
  database.query('UPDATE outages SET affected = ? WHERE key = ?').run(affected, key);
}

/** Deletes resolved outages that were reported before a time and have no entry any more. */
export function deleteOutagesBefore({ database }: Outbox, time: number): void {
  database
    .query(
      `DELETE FROM outages WHERE status = 'resolved' AND reported_at < ? AND NOT EXISTS
         (SELECT 1 FROM outage_entries JOIN entries ON entries.id = entry WHERE outage = key)`,
    )
    .run(time);
}

/** Which outages to select; all given members must match. */
export type OutageFilter = {
  readonly isOpen?: true;
  readonly system?: string;
  readonly severity?: string;
  readonly keyPrefix?: string;
  /** Started at this time or before. */
  readonly startedBy?: number;
};

const conditions: Readonly<Record<keyof OutageFilter, string>> = {
  isOpen: `status <> 'resolved' AND $isOpen`,
  system: 'system = $system',
  severity: 'severity = $severity',
  keyPrefix: 'substr(key, 1, length($keyPrefix)) = $keyPrefix',
  startedBy: 'started_at <= $startedBy',
};

/** Selects outages, the earliest start first. */
export function selectOutages({ database }: Outbox, filter: OutageFilter): OutageRow[] {
  const given = (Object.keys(conditions) as (keyof OutageFilter)[]).filter((name) => filter[name] !== undefined);
  const where = given.map((name) => conditions[name]).join(' AND ') || '1';
  return database
    .query<OutageRow, Record<string, string | number | boolean>>(
      `SELECT * FROM outages WHERE ${where} ORDER BY started_at, key`,
    )
    .all(Object.fromEntries(given.map((name) => [name, filter[name] ?? ''])));
}

/** Returns the sequence number of the last entry that resolved an outage of a rule and component; 0 if there is none. */
export function lastResolution({ database }: Outbox, system: string, rule: string, component: string): number {
  const query = `SELECT max(sequence) AS sequence FROM outages JOIN outage_entries ON outage = key
    JOIN entries ON entries.id = entry WHERE status = 'resolved' AND system = ? AND rule = ? AND component = ?`;
  const row = database.query<{ sequence: number | null }, [string, string, string]>(query).get(system, rule, component);
  return row?.sequence ?? 0;
}

/** Returns the state of the newest entry that reports an outage, for each destination with such entries. */
export function newestReportStates({ database }: Outbox, key: string): ReadonlyMap<string, EntryState> {
  const query = `SELECT destination, state FROM entries JOIN outage_entries ON entries.id = entry WHERE outage = ?
    ORDER BY sequence`;
  const rows = database.query<{ destination: string; state: EntryState }, [string]>(query).all(key);
  return new Map(rows.map(({ destination, state }) => [destination, state]));
}

/** Returns the entries that report outages, by id, and whether the answer of each was stored. */
export function reportEntries({ database }: Outbox): Map<string, boolean> {
  const query = database.query<{ entry: string; is_answered: number }, []>(
    'SELECT entry, is_answered FROM outage_entries',
  );
  return new Map(query.all().map((row) => [row.entry, row.is_answered === 1]));
}

/** Notes that the answer to an entry was read; `answer` has the id and key that it gave, null if it gave none. */
export function putAnswer(
  { database }: Outbox,
  { id: entry, destination }: Pick<Entry, 'id' | 'destination'>,
  answer: { readonly id: number; readonly key: string | null } | null,
): void {
  database.query('UPDATE outage_entries SET is_answered = 1 WHERE entry = ?').run(entry);
  if (answer === null) return;
  database
    .query(
      `INSERT INTO outage_answers (outage, destination, outage_ids, is_one_row)
       SELECT outage, $destination, json_array($id), outage = coalesce($key, '') FROM outage_entries WHERE entry = $entry
       ON CONFLICT (outage, destination) DO UPDATE SET is_one_row = excluded.is_one_row,
         outage_ids = (SELECT json_group_array(DISTINCT value) FROM
           (SELECT value FROM json_each(iif(json_valid(outage_answers.outage_ids), outage_answers.outage_ids, '[]'))
            UNION ALL SELECT $id))`,
    )
    .run({ entry, destination, id: answer.id, key: answer.key });
}

/** Returns the answers of the destinations to the reports of an outage, by destination. */
export function answersTo({ database }: Outbox, outage: string): OutageAnswerRow[] {
  const query = 'SELECT * FROM outage_answers WHERE outage = ? ORDER BY destination';
  return database.query<OutageAnswerRow, [string]>(query).all(outage);
}

/** Returns the key of the outage that an entry reports; null if it reports none. */
export function outageOfEntry({ database }: Outbox, entry: string): string | null {
  const query = 'SELECT outage FROM outage_entries WHERE entry = ?';
  return database.query<{ outage: string }, [string]>(query).get(entry)?.outage ?? null;
}

/** Returns the first answer of a destination to a delivered report of an outage, as JSON; null if there is none. */
export function firstAnswer({ database }: Outbox, key: string, destination: string): string | null {
  const query = `SELECT answer FROM entries JOIN outage_entries ON entry = id
    WHERE outage = ? AND destination = ? AND state = 'delivered' AND json_valid(answer) ORDER BY sequence LIMIT 1`;
  return database.query<{ answer: string }, [string, string]>(query).get(key, destination)?.answer ?? null;
}
