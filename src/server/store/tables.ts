/** A table of both engines. */
export type StoredTable = {
  readonly name: string;
  readonly key: readonly string[];
  /** The name of the rows for people. */
  readonly kind: string;
};

/** All tables with data, in an order in which rows can be inserted: those that others refer to come first. */
export const tables: readonly StoredTable[] = [
  { name: 'users', key: ['name'], kind: 'users and keys' },
  { name: 'api_keys', key: ['name'], kind: 'users and keys' },
  { name: 'sessions', key: ['token_sha256'], kind: 'users and keys' },
  { name: 'secrets', key: ['name'], kind: 'users and keys' },
  { name: 'snapshots', key: ['id'], kind: 'snapshots' },
  { name: 'series', key: ['id'], kind: 'history' },
  { name: 'samples', key: ['series_id', 'at'], kind: 'history' },
  { name: 'rollups', key: ['series_id', 'length', 'at'], kind: 'history' },
  { name: 'spans', key: ['id'], kind: 'users, projects and states' },
  {
    name: 'user_sums',
    key: ['system', 'length', 'at', 'username', 'project_code', 'queue_name'],
    kind: 'users, projects and states',
  },
  { name: 'reservations', key: ['id'], kind: 'reservations' },
  { name: 'reservation_changes', key: ['system', 'name', 'at'], kind: 'reservations' },
  { name: 'outages', key: ['id'], kind: 'outages' },
  { name: 'outage_updates', key: ['id'], kind: 'outages' },
  { name: 'resources', key: ['resource'], kind: 'changes of status' },
  { name: 'resource_states', key: ['resource', 'at'], kind: 'changes of status' },
  { name: 'collector_streams', key: ['host', 'kind', 'name'], kind: 'collectors' },
  { name: 'deliveries', key: ['key'], kind: 'answers for retries' },
  { name: 'clusters', key: ['name'], kind: 'jobs' },
  { name: 'jobs', key: ['cluster', 'job_id', 'submit'], kind: 'jobs' },
  { name: 'sampled_jobs', key: ['cluster', 'job_id', 'node'], kind: 'sampled jobs' },
  { name: 'usage_names', key: ['cluster', 'id'], kind: 'job segments' },
  { name: 'usage_programs', key: ['cluster', 'id'], kind: 'job segments' },
  { name: 'usage_segments', key: ['cluster', 'day'], kind: 'job segments' },
  { name: 'usage_stale_days', key: ['cluster', 'day'], kind: 'job segments' },
];
