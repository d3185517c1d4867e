/**
 * The migrations of the outbox schema. A released migration never changes; new ones are appended. `PRAGMA user_version`
 * is the number of migrations that a file has had.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE entries (
    -- The order of delivery within a stream. The order is not by time, because the clock can jump.
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    stream TEXT NOT NULL,
    destination TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    body_bytes INTEGER NOT NULL,
    body_sha256 TEXT NOT NULL,
    -- Milliseconds since 1970, like all times in this table.
    collected_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'rejected', 'held')),
    attempts INTEGER NOT NULL DEFAULT 0,
    -- Consecutive drains that failed alike to deliver the entry.
    failed_drains INTEGER NOT NULL DEFAULT 0,
    -- Set before the first request, because the answer, or the whole process, can be lost.
    first_sent_at INTEGER,
    next_attempt_at INTEGER,
    last_status INTEGER,
    last_error TEXT,
    delivered_at INTEGER,
    answer TEXT,
    -- A JSON array of names.
    failed_probes TEXT NOT NULL
  ) STRICT;

  -- A table of its own: entries change often, and a change of a row writes the whole row again.
  CREATE TABLE bodies (
    entry INTEGER PRIMARY KEY REFERENCES entries (sequence) ON DELETE CASCADE,
    gzip BLOB NOT NULL
  ) STRICT;

  CREATE INDEX entries_by_state ON entries (state, stream, sequence);
  CREATE INDEX entries_by_stream ON entries (stream, sequence);
  -- The SAM API stores one row for a filesystem and timestamp, whatever the system: no two entries may share one.
  CREATE UNIQUE INDEX entries_by_moment ON entries (destination, collected_at);

  CREATE TABLE attempts (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    entry INTEGER NOT NULL REFERENCES entries (sequence) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    seconds REAL NOT NULL,
    status INTEGER,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL
  ) STRICT;
  CREATE INDEX attempts_by_entry ON attempts (entry, sequence);
  `,
  `
  -- Metadata of the file, such as the host that writes it and the recoveries.
  CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT;

  -- When the newest delivered entry of each stream was collected: an older entry is late.
  CREATE TABLE streams (
    stream TEXT PRIMARY KEY,
    newest_delivered_at INTEGER NOT NULL
  ) STRICT;
  INSERT INTO streams (stream, newest_delivered_at)
    SELECT stream, max(collected_at) FROM entries WHERE state = 'delivered' GROUP BY stream;

  -- Entries that were deleted undelivered, by a person or for lack of space.
  CREATE TABLE dropped (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    stream TEXT NOT NULL,
    collected_at INTEGER NOT NULL,
    dropped_at INTEGER NOT NULL,
    reason TEXT NOT NULL
  ) STRICT;
  `,
  `
  -- All columns that listings filter and add up, in the order of delivery, so that they read no rows, which are wide.
  DROP INDEX entries_by_state;
  CREATE INDEX entries_by_state ON entries (state, stream, sequence, destination, collected_at, body_bytes);

  -- To delete delivered entries by age, and to count them.
  CREATE INDEX entries_delivered ON entries (delivered_at, stream) WHERE state = 'delivered';

  -- Undelivered entries with attempts. They are few: in an outage only the head of each stream.
  CREATE INDEX entries_tried ON entries (stream, attempts) WHERE attempts > 0 AND state <> 'delivered';
  `,
  `
  -- Outages that this host reported: the newest report of each, and the state that a detection needs.
  CREATE TABLE outages (
    key TEXT PRIMARY KEY,
    system TEXT NOT NULL,
    title TEXT NOT NULL,
    severity TEXT NOT NULL,
    status TEXT NOT NULL,
    component TEXT,
    description TEXT,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    estimated_at INTEGER,
    reported_at INTEGER NOT NULL,
    -- The rule that detected it, and a JSON array of the affected things; null and [] if a person reported it.
    rule TEXT,
    affected TEXT NOT NULL,
    -- A JSON array of the ids that the destination gave to its reports.
    outage_ids TEXT NOT NULL DEFAULT '[]',
    -- 1 if the destination keeps one row for all its reports, 0 if not, null until it has answered.
    is_one_row INTEGER
  ) STRICT;
  CREATE UNIQUE INDEX outages_open ON outages (system, rule, component)
    WHERE rule IS NOT NULL AND status <> 'resolved';

  -- Which entries report which outage.
  CREATE TABLE outage_entries (
    entry TEXT PRIMARY KEY,
    outage TEXT NOT NULL REFERENCES outages (key) ON DELETE CASCADE,
    is_answered INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX outage_entries_by_outage ON outage_entries (outage);
  `,
  `
  -- A fingerprint of each finished job that was sent, so that a later reading sends only changed jobs. The primary key
  -- puts jobs of one time beside each other, so that a day of jobs changes few pages.
  CREATE TABLE job_fingerprints (
    -- Seconds since 1970, and the number of the job. Together they identify one run of the job.
    submitted INTEGER NOT NULL,
    job INTEGER NOT NULL,
    -- Hashes of the cluster's name and of the record.
    cluster INTEGER NOT NULL,
    record INTEGER NOT NULL,
    -- The day when the job ended, in days since 1970: old rows are deleted by it.
    ended_on INTEGER NOT NULL,
    PRIMARY KEY (submitted, job, cluster)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- What each destination answered to the reports of an outage.
  CREATE TABLE outage_answers (
    outage TEXT NOT NULL REFERENCES outages (key) ON DELETE CASCADE,
    destination TEXT NOT NULL,
    -- A JSON array of the ids that the destination gave to its reports.
    outage_ids TEXT NOT NULL DEFAULT '[]',
    -- 1 if the destination keeps one row for all its reports.
    is_one_row INTEGER NOT NULL,
    PRIMARY KEY (outage, destination)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO outage_answers (outage, destination, outage_ids, is_one_row)
    SELECT key, 'sam', outage_ids, is_one_row FROM outages WHERE is_one_row IS NOT NULL;
  ALTER TABLE outages DROP COLUMN outage_ids;
  ALTER TABLE outages DROP COLUMN is_one_row;
  `,
];
