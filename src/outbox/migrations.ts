/**
 * The migrations of the outbox schema. A released migration never changes; new ones are appended. `PRAGMA user_version`
 * is the number of migrations that a file has had.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE entries (
    -- The order of delivery within a stream: never the clock, which can jump.
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    stream TEXT NOT NULL,
    destination TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    body_bytes INTEGER NOT NULL,
    body_sha256 TEXT NOT NULL,
    -- Milliseconds since 1970, as are all times here.
    collected_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'rejected', 'held')),
    attempts INTEGER NOT NULL DEFAULT 0,
    -- Drains in a row that ended with the destination unavailable.
    failed_drains INTEGER NOT NULL DEFAULT 0,
    -- Set before the first request: an answer may be lost, with the process even.
    first_sent_at INTEGER,
    next_attempt_at INTEGER,
    last_status INTEGER,
    last_error TEXT,
    delivered_at INTEGER,
    answer TEXT,
    -- A JSON array of names.
    failed_probes TEXT NOT NULL
  ) STRICT;

  -- Apart from the entries, whose rows are small and often changed: a change of a row writes all of it again.
  CREATE TABLE bodies (
    entry INTEGER PRIMARY KEY REFERENCES entries (sequence) ON DELETE CASCADE,
    gzip BLOB NOT NULL
  ) STRICT;

  CREATE INDEX entries_by_state ON entries (state, stream, sequence);
  CREATE INDEX entries_by_stream ON entries (stream, sequence);
  -- The SAM API keeps one row a filesystem and timestamp, whatever the system: two must never be the same.
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
  -- Facts about the file: which host writes it, what damage was found.
  CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT;

  -- How far each stream's destination is in time: an entry from before that is late.
  CREATE TABLE streams (
    stream TEXT PRIMARY KEY,
    newest_delivered_at INTEGER NOT NULL
  ) STRICT;
  INSERT INTO streams (stream, newest_delivered_at)
    SELECT stream, max(collected_at) FROM entries WHERE state = 'delivered' GROUP BY stream;

  -- What was taken out undelivered, by a person or for lack of room.
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
  -- What listings filter and add up, in the order of delivery: neither the rows, which are wide, nor bodies are touched.
  DROP INDEX entries_by_state;
  CREATE INDEX entries_by_state ON entries (state, stream, sequence, destination, collected_at, body_bytes);

  -- What was delivered when: to keep it for some days, and to count it.
  CREATE INDEX entries_delivered ON entries (delivered_at, stream) WHERE state = 'delivered';

  -- What was tried in vain, which is little: in an outage only the head of each stream.
  CREATE INDEX entries_tried ON entries (stream, attempts) WHERE attempts > 0 AND state <> 'delivered';
  `,
  `
  -- Outages that were reported from here: the newest that was said of each, and what a detection must know of it.
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
    -- The rule that detected it, and a JSON array of what it found affected; null and [] where a person reported it.
    rule TEXT,
    affected TEXT NOT NULL,
    -- A JSON array of the ids that the destination gave its reports.
    outage_ids TEXT NOT NULL DEFAULT '[]',
    -- Whether the destination keeps one row for all its reports; null until it has answered.
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
  -- What was sent of each finished job, so that reading it again sends only what changed. By the job's own key, which
  -- puts jobs of one time beside each other: a day of them changes few pages.
  CREATE TABLE job_fingerprints (
    -- Seconds since 1970, and the number of the job: together they are one run of it.
    submitted INTEGER NOT NULL,
    job INTEGER NOT NULL,
    -- A hash of the cluster's name, and one of the record.
    cluster INTEGER NOT NULL,
    record INTEGER NOT NULL,
    -- Days since 1970: when it may be forgotten.
    ended_on INTEGER NOT NULL,
    PRIMARY KEY (submitted, job, cluster)
  ) STRICT, WITHOUT ROWID;
  `,
];
