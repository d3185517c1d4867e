/**
 * The numbered changes of the receiver's database; its `user_version` is how many of them it has. A change that was
 * released is never edited: add one. Times are naive UTC texts that sort as they pass (timestamp.ts).
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE users (
    name TEXT PRIMARY KEY,
    password_hash TEXT NOT NULL,
    changed_at TEXT NOT NULL
  ) STRICT;

  -- The body is what was received, byte for byte, compressed with zstd.
  CREATE TABLE snapshots (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    system TEXT NOT NULL,
    timestamp TEXT NOT NULL,
    received_at TEXT NOT NULL,
    received_from TEXT NOT NULL,
    collection_failed TEXT,
    body BLOB NOT NULL
  ) STRICT;
  CREATE INDEX snapshots_newest ON snapshots (system, timestamp, id);

  -- The entries of a snapshot's short lists, so that their history can be asked for without unpacking bodies.
  CREATE TABLE parts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    snapshot_id INTEGER NOT NULL REFERENCES snapshots (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('login_node', 'queue', 'filesystem', 'node_type')),
    name TEXT NOT NULL,
    data TEXT NOT NULL
  ) STRICT;
  CREATE INDEX parts_of_snapshot ON parts (snapshot_id, kind);

  -- The long list: one row for as long as the counters of a user, project and queue stay the same.
  CREATE TABLE user_project_spans (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    system TEXT NOT NULL,
    username TEXT NOT NULL,
    project_code TEXT NOT NULL,
    queue_name TEXT NOT NULL,
    counters TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL
  ) STRICT;
  CREATE INDEX user_project_spans_open ON user_project_spans (system, last_seen);

  CREATE TABLE reservations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    system TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    start_time TEXT NOT NULL,
    end_time TEXT NOT NULL,
    node_count INTEGER,
    partition TEXT,
    reported_at TEXT NOT NULL,
    created_at TEXT NOT NULL,
    UNIQUE (system, name)
  ) STRICT;

  CREATE TABLE outages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    system_name TEXT NOT NULL COLLATE NOCASE,
    title TEXT NOT NULL,
    severity TEXT NOT NULL,
    status TEXT NOT NULL,
    component TEXT,
    description TEXT,
    start_time TEXT NOT NULL,
    end_time TEXT,
    estimated_resolution TEXT,
    created_at TEXT NOT NULL,
    received_from TEXT NOT NULL,
    body BLOB NOT NULL
  ) STRICT;
  CREATE INDEX outages_newest ON outages (start_time, id);

  -- What was answered to a POST with an Idempotency-Key, to be answered again.
  CREATE TABLE deliveries (
    key TEXT PRIMARY KEY,
    path TEXT NOT NULL,
    body_sha256 BLOB NOT NULL,
    answer TEXT NOT NULL,
    received_at TEXT NOT NULL
  ) STRICT;
  `,
  `
  -- The client's name for an outage, and when it last said something of it: a later report takes the place of a former.
  ALTER TABLE outages ADD COLUMN outage_key TEXT;
  ALTER TABLE outages ADD COLUMN reported_at TEXT NOT NULL DEFAULT '';
  CREATE UNIQUE INDEX outages_by_key ON outages (outage_key);
  `,
  `
  -- Who may send finished jobs. The scope is * or the names of clusters with commas between them (ingest/scope.ts).
  CREATE TABLE api_keys (
    name TEXT PRIMARY KEY,
    key_sha256 BLOB NOT NULL UNIQUE,
    scope TEXT NOT NULL,
    created_at TEXT NOT NULL,
    last_used_at TEXT
  ) STRICT;

  -- The clusters that have jobs: to find them among millions of jobs would take a while.
  CREATE TABLE clusters (
    name TEXT PRIMARY KEY,
    last_received_at TEXT NOT NULL
  ) STRICT;

  -- Finished jobs. An id comes again with another submit time when a job is requeued or the ids of a cluster wrap around.
  -- The times of a job are as it was sent: UTC where it had a zone, else the cluster's own.
  CREATE TABLE jobs (
    cluster TEXT NOT NULL,
    job_id TEXT NOT NULL,
    user TEXT NOT NULL,
    account TEXT NOT NULL,
    partition TEXT NOT NULL,
    state TEXT NOT NULL,
    qos TEXT,
    submit TEXT NOT NULL,
    start TEXT,
    "end" TEXT,
    cpu_hours REAL NOT NULL,
    gpu_hours REAL NOT NULL,
    cpus INTEGER NOT NULL,
    gpus INTEGER NOT NULL,
    nodes INTEGER NOT NULL,
    node_list TEXT,
    received_at TEXT NOT NULL,
    received_from TEXT NOT NULL,
    PRIMARY KEY (cluster, job_id, submit)
  ) STRICT, WITHOUT ROWID;
  -- All that the sums over a cluster's jobs need: without it each job is looked up, which takes ten times as long.
  CREATE INDEX jobs_by_submit ON jobs (cluster, submit, partition, user, cpu_hours, gpu_hours);
  `,
  `
  -- The answer to the POST of a snapshot, for a client that sends it again without an Idempotency-Key. Null in rows of
  -- older versions.
  ALTER TABLE snapshots ADD COLUMN answer TEXT;
  -- The time at which a later report changed an outage; null before that.
  ALTER TABLE outages ADD COLUMN updated_at TEXT;
  `,
];
