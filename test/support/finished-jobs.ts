/** Jobs as the ingest API takes them, with ids from `first` on; half a CPU-hour and a quarter GPU-hour each. */
export function finishedJobs(first: number, count: number) {
  return Array.from({ length: count }, (_, n) => ({
    JobID: String(first + n),
    User: `user${n % 300}`,
    Account: `project${n % 40}`,
    Partition: n % 10 === 0 ? 'gpu' : 'compute',
    State: 'COMPLETED',
    QOS: 'normal',
    Submit: `2026-11-${String(1 + (n % 20)).padStart(2, '0')}T10:00:00`,
    // Some were cancelled before they started.
    Start: n % 50 === 0 ? null : '2026-11-20T10:05:00',
    End: '2026-11-20T11:00:00',
    CPUHours: 0.5,
    GPUHours: 0.25,
    AllocCPUS: 4,
    AllocGPUS: 2,
    AllocNodes: 6,
    NodeList: `c[${n % 1000}-${(n % 1000) + 5}]`,
  }));
}
