import { randomFrom } from './random.ts';

/**
 * Writes an accounting log of PBS with so many jobs that ended on a day (`2026-11-20`), in the order of their end, each
 * with its Q, S and E record: 1,700 bytes a job. The same numbers give the same bytes.
 */
export async function writeAccountingLog(file: string, date: string, jobs: number): Promise<void> {
  const random = randomFrom(jobs);
  const midnight = Date.parse(`${date}T00:00:00Z`) / 1000;
  const day = date.replace(/(\d+)-(\d+)-(\d+)/, '$2/$3/$1');
  const writer = Bun.file(file).writer({ highWaterMark: 4 * 1024 * 1024 });
  for (let n = 0; n < jobs; n++) {
    writer.write(recordsOf(n, day, midnight + Math.floor((n * 86_400) / jobs), random));
    if (n % 10_000 === 9_999) await writer.flush();
  }
  await writer.end();
}

function recordsOf(n: number, day: string, end: number, random: (below: number) => number): string {
  const id = `${1_000_000 + n}.casper-pbs`;
  const elapsed = 30 + random(40_000);
  const start = end - elapsed;
  const ctime = start - random(5_000);
  const user = `user${String(random(700)).padStart(4, '0')}`;
  const account = `account${String(random(150)).padStart(4, '0')}`;
  const cpus = 2 ** random(8);
  const hosts = Array.from({ length: random(3) === 0 ? 1 + random(8) : 1 }, () => `casper${10 + random(90)}`);
  const gpus = random(10) === 0 ? ':ngpus=1' : '';
  const vnodes = hosts.map((host) => `(${host}:ncpus=${cpus}${gpus}:mem=10485760kb)`).join('+');
  const where = `exec_host=${hosts.map((host) => `${host}/0*${cpus}`).join('+')} exec_vnode=${vnodes}`;
  const clock = `${day} ${new Date(end * 1000).toISOString().slice(11, 19)}`;
  const total = cpus * hosts.length;
  const job = `user=${user} group=ncar account="${account}" project=_pbs_project_default jobname=job-${n % 977} queue=casper ctime=${ctime} qtime=${ctime} etime=${ctime} `;
  const asked = `Resource_List.mem=10gb Resource_List.ncpus=${total} Resource_List.nodect=${hosts.length} Resource_List.place=scatter Resource_List.select=${hosts.length}:ncpus=${cpus}:mem=10GB Resource_List.walltime=12:00:00 `;
  const used = `resources_used.cpupercent=98 resources_used.cput=01:00:00 resources_used.mem=1048576kb resources_used.ncpus=${total} resources_used.vmem=2097152kb resources_used.walltime=${duration(elapsed)} eligible_time=00:00:10`;
  const status = random(9) === 0 ? 1 : 0;
  return [
    `${clock};Q;${id};${job}${asked}\n`,
    `${clock};S;${id};${job}start=${start} ${where} ${asked}resource_assigned.mem=10gb resource_assigned.ncpus=${total} \n`,
    `${clock};E;${id};${job}start=${start} ${where} ${asked}session=${n} end=${end} Exit_status=${status} ${used} run_count=1\n`,
  ].join('');
}

function duration(seconds: number): string {
  const part = (value: number) => String(Math.floor(value)).padStart(2, '0');
  return `${part(seconds / 3600)}:${part((seconds / 60) % 60)}:${part(seconds % 60)}`;
}
