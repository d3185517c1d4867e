/**
 * The numbered changes of the receiver's database. Its `user_version` is the number of changes that it has. Never edit a
 * released change: add one. Times are canonical text (timestamp.ts).
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE users (
    name TEXT PRIMARY KEY,
    password_hash TEXT NOT NULL,
    changed_at TEXT NOT NULL
  ) STRICT;

  -- The body is the received one, byte for byte, compressed with zstd.
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

  -- The entries of a snapshot's short lists, so that a query of their history does not decompress bodies.
  CREATE TABLE parts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    snapshot_id INTEGER NOT NULL REFERENCES snapshots (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('login_node', 'queue', 'filesystem', 'node_type')),
    name TEXT NOT NULL,
    data TEXT NOT NULL
  ) STRICT;
  CREATE INDEX parts_of_snapshot ON parts (snapshot_id, kind);

  -- The entries of the long list: one row while the counters of a user, project and queue stay the same.
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

  -- The answers to POSTs with an Idempotency-Key, for their retries.
  CREATE TABLE deliveries (
    key TEXT PRIMARY KEY,
    path TEXT NOT NULL,
    body_sha256 BLOB NOT NULL,
    answer TEXT NOT NULL,
    received_at TEXT NOT NULL
  ) STRICT;
  `,
  `
  -- The client's name for an outage, and the time of its last report. A later report replaces an earlier one.
  ALTER TABLE outages ADD COLUMN outage_key TEXT;
  ALTER TABLE outages ADD COLUMN reported_at TEXT NOT NULL DEFAULT '';
  CREATE UNIQUE INDEX outages_by_key ON outages (outage_key);
  `,
  `
  -- The keys for sending finished jobs. The scope is * or the names of clusters with commas (auth/scope.ts).
  CREATE TABLE api_keys (
    name TEXT PRIMARY KEY,
    key_sha256 BLOB NOT NULL UNIQUE,
    scope TEXT NOT NULL,
    created_at TEXT NOT NULL,
    last_used_at TEXT
  ) STRICT;

  -- The clusters that have jobs. Finding them among millions of jobs is slow.
  CREATE TABLE clusters (
    name TEXT PRIMARY KEY,
    last_received_at TEXT NOT NULL
  ) STRICT;

  -- Finished jobs. An id recurs with another submit time if a job is requeued or the ids of a cluster wrap around.
  -- A time is UTC if it was sent with a zone, and otherwise the local time of the cluster.
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
  -- A covering index for the sums over a cluster's jobs, which are ten times as slow without it.
  CREATE INDEX jobs_by_submit ON jobs (cluster, submit, partition, user, cpu_hours, gpu_hours);
  `,
  `
  -- The answer to the POST of a snapshot, for a client that sends it again without an Idempotency-Key. Null in rows of
  -- older versions.
  ALTER TABLE snapshots ADD COLUMN answer TEXT;
  -- The time at which a later report changed an outage; null before that.
  ALTER TABLE outages ADD COLUMN updated_at TEXT;
  `,
  `
  -- What the holders of logins and keys may do (auth/scope.ts). Users and keys of older versions keep their rights.
  ALTER TABLE users ADD COLUMN scopes TEXT NOT NULL DEFAULT 'write:*,outages,read:names';
  ALTER TABLE api_keys RENAME COLUMN scope TO scopes;
  UPDATE api_keys SET scopes = CASE scopes WHEN '*' THEN 'write:*'
    ELSE 'write:' || replace(scopes, ',', ',write:') END;
  -- The requests a minute that are answered for a key; null for the default.
  ALTER TABLE api_keys ADD COLUMN per_minute INTEGER;

  -- The sessions of browsers.
  CREATE TABLE sessions (
    token_sha256 BLOB PRIMARY KEY,
    user_name TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX sessions_of_user ON sessions (user_name);

  -- Random keys of the receiver itself, such as that of the pseudonyms.
  CREATE TABLE secrets (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
  ) STRICT;
  `,
  `
  -- The history of systems. A series is the totals of a system, or one of its queues, node types, login nodes,
  -- filesystems or failed probes. A sample is its values in one snapshot: a JSON list in the order of the fields of its
  -- kind (status/measures.ts). A roll-up sums up an hour or a day (status/rollup.ts). Times are milliseconds since 1970.
  CREATE TABLE series (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    system TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (system, kind, name)
  ) STRICT;
  CREATE TABLE samples (
    series_id INTEGER NOT NULL REFERENCES series (id),
    at INTEGER NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (series_id, at)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE rollups (
    series_id INTEGER NOT NULL REFERENCES series (id),
    length INTEGER NOT NULL,
    at INTEGER NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (series_id, length, at)
  ) STRICT, WITHOUT ROWID;
  -- 0 in snapshots of older versions until they are added to the history.
  ALTER TABLE snapshots ADD COLUMN in_history INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX snapshots_not_in_history ON snapshots (id) WHERE in_history = 0;
  -- Replaced by the samples.
  DROP TABLE parts;
  `,
  `
  -- What a status is of: a system or hub, its login nodes, a filesystem or a queue. status/conditions.ts makes the ids.
  CREATE TABLE resources (
    resource TEXT PRIMARY KEY,
    system TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    first_seen TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX resources_of_system ON resources (system);

  -- The changes of status that snapshots show. A row has the status from its time to the time of the next row.
  CREATE TABLE resource_states (
    resource TEXT NOT NULL REFERENCES resources (resource) ON DELETE CASCADE,
    at TEXT NOT NULL,
    status TEXT NOT NULL,
    PRIMARY KEY (resource, at)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX resource_states_by_time ON resource_states (at, resource);

  -- The first end that was reported, which shows whether the end was moved.
  ALTER TABLE reservations ADD COLUMN first_end_time TEXT;
  UPDATE reservations SET first_end_time = end_time;
  ALTER TABLE outages ADD COLUMN first_end_time TEXT;
  UPDATE outages SET first_end_time = coalesce(end_time, estimated_resolution);
  `,
  `
  -- The counters of each user, project and queue in one row while they stay the same, and the states that snapshots
  -- show (status/spans.ts). The snapshots are added again in the background.
  CREATE TABLE spans (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    system TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('user', 'state')),
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL
  ) STRICT;
  CREATE INDEX spans_by_end ON spans (system, kind, last_seen);
  DROP TABLE user_project_spans;
  -- The sums of the counters of users over the snapshots of an hour or a day. Times are milliseconds since 1970.
  CREATE TABLE user_sums (
    system TEXT NOT NULL,
    length INTEGER NOT NULL,
    at INTEGER NOT NULL,
    username TEXT NOT NULL,
    project_code TEXT NOT NULL,
    queue_name TEXT NOT NULL,
    running_jobs INTEGER NOT NULL,
    pending_jobs INTEGER NOT NULL,
    held_jobs INTEGER NOT NULL,
    cores_allocated INTEGER NOT NULL,
    gpus_allocated INTEGER NOT NULL,
    nodes_allocated INTEGER NOT NULL,
    cores_pending INTEGER NOT NULL,
    gpus_pending INTEGER NOT NULL,
    cores_held INTEGER NOT NULL,
    gpus_held INTEGER NOT NULL,
    PRIMARY KEY (system, length, at, username, project_code, queue_name)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX snapshots_in_history ON snapshots (system, in_history, timestamp);
  DELETE FROM samples;
  DELETE FROM rollups;
  UPDATE snapshots SET in_history = 0 WHERE in_history <> 0;
  `,
  `
  -- The time line of an outage. The changes are a JSON object: the new value of each changed field.
  CREATE TABLE outage_updates (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    outage_id INTEGER NOT NULL REFERENCES outages (id) ON DELETE CASCADE,
    at TEXT NOT NULL,
    received_from TEXT NOT NULL,
    changes TEXT NOT NULL
  ) STRICT;
  CREATE INDEX outage_updates_of_outage ON outage_updates (outage_id);
  `,
  `
  -- How the usage of a cluster is counted, and the number of changes of its segments (store/clusters.ts).
  ALTER TABLE clusters ADD COLUMN time_zone TEXT NOT NULL DEFAULT 'UTC';
  ALTER TABLE clusters ADD COLUMN stored_times TEXT NOT NULL DEFAULT 'utc';
  ALTER TABLE clusters ADD COLUMN account_separator TEXT NOT NULL DEFAULT '-';
  ALTER TABLE clusters ADD COLUMN usage_version INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE clusters ADD COLUMN is_segmented INTEGER NOT NULL DEFAULT 0;

  -- The dictionary of a cluster: the names that its segments have as numbers.
  CREATE TABLE usage_names (
    cluster TEXT NOT NULL,
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (cluster, id)
  ) STRICT, WITHOUT ROWID;

  -- The jobs of a cluster that ended on a day, as compressed columns (store/usage-segments.ts).
  CREATE TABLE usage_segments (
    cluster TEXT NOT NULL,
    day INTEGER NOT NULL,
    version INTEGER NOT NULL,
    jobs INTEGER NOT NULL,
    first_day INTEGER NOT NULL,
    last_day INTEGER NOT NULL,
    cells BLOB NOT NULL,
    columns BLOB NOT NULL,
    node_lists BLOB NOT NULL,
    PRIMARY KEY (cluster, day)
  ) STRICT;
  CREATE INDEX usage_segments_by_version ON usage_segments (cluster, version);

  -- Sums come from the segments. The rows are read by submission (lists of jobs) and by end (segments).
  DROP INDEX jobs_by_submit;
  CREATE INDEX jobs_by_submit ON jobs (cluster, submit);
  CREATE INDEX jobs_by_end ON jobs (cluster, coalesce("end", start, submit));
  `,
  `
  -- The timestamp of the first snapshot that reported a reservation as it is.
  ALTER TABLE reservations ADD COLUMN changed_at TEXT NOT NULL DEFAULT '';
  UPDATE reservations SET changed_at = created_at;
  `,
  `
  CREATE INDEX deliveries_by_time ON deliveries (received_at);
  `,
  `
  -- What each collector sends, its last request, and the last refused one (store/collectors.ts).
  CREATE TABLE collector_streams (
    host TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    waiting INTEGER,
    requested_at TEXT NOT NULL,
    delivered_at TEXT,
    snapshot_at TEXT,
    snapshot_received_at TEXT,
    collection_failed TEXT,
    refused_at TEXT,
    refused_status INTEGER,
    refused_because TEXT,
    PRIMARY KEY (host, kind, name)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- What the sampler of each node measured of a job: the JSON as it was received, compressed with zstd.
  CREATE TABLE sampled_jobs (
    cluster TEXT NOT NULL,
    job_id TEXT NOT NULL,
    node TEXT NOT NULL,
    received_at TEXT NOT NULL,
    received_from TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (cluster, job_id, node)
  ) STRICT;
  `,
  `
  -- Segments have another form (usage/segments). The receiver makes them again from the rows of the jobs.
  DELETE FROM usage_segments;
  UPDATE clusters SET is_segmented = 0;
  `,
  `
  -- What a reservation was from a snapshot on. silent_since is the last snapshot that reported it before, if that was
  -- long ago (store/reservations.ts).
  CREATE TABLE reservation_changes (
    system TEXT NOT NULL,
    name TEXT NOT NULL,
    at TEXT NOT NULL,
    silent_since TEXT,
    start_time TEXT NOT NULL,
    end_time TEXT NOT NULL,
    node_count INTEGER,
    partition TEXT,
    description TEXT,
    PRIMARY KEY (system, name, at)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO reservation_changes (system, name, at, start_time, end_time, node_count, partition, description)
    SELECT system, name, changed_at, start_time, end_time, node_count, partition, description FROM reservations;
  `,
  `
  -- The programs of sampled jobs, in segments as numbers of a dictionary. The summary is the JSON of a SampleSummary.
  ALTER TABLE sampled_jobs ADD COLUMN summary TEXT NOT NULL DEFAULT '';
  ALTER TABLE usage_segments ADD COLUMN software BLOB;
  CREATE TABLE usage_programs (
    cluster TEXT NOT NULL,
    id INTEGER NOT NULL,
    path TEXT NOT NULL,
    PRIMARY KEY (cluster, id)
  ) STRICT, WITHOUT ROWID;

  -- The days whose segments do not have every stored sample.
  CREATE TABLE usage_stale_days (
    cluster TEXT NOT NULL,
    day INTEGER NOT NULL,
    PRIMARY KEY (cluster, day)
  ) STRICT, WITHOUT ROWID;

  -- Let the next start make the segments again.
  DELETE FROM usage_segments WHERE cluster IN (SELECT cluster FROM sampled_jobs);
  UPDATE clusters SET is_segmented = 0 WHERE name IN (SELECT cluster FROM sampled_jobs);
  `,
  `
  -- The number of a task of a Slurm array, which the samples of its processes have.
  ALTER TABLE jobs ADD COLUMN raw_id TEXT;
  CREATE INDEX jobs_by_raw_id ON jobs (cluster, raw_id) WHERE raw_id IS NOT NULL;
  `,
  `
  -- With the cluster first, SQLite reads all jobs of the cluster by the primary key in the place of this index.
  DROP INDEX jobs_by_raw_id;
  CREATE INDEX jobs_by_raw_id ON jobs (raw_id) WHERE raw_id IS NOT NULL;
  `,
];
