/** A record of a PBS accounting log: the job 1 of alice, submitted at 08:00, that runs from 09:00 to 10:00 UTC on one node. */
export type LogRecord = {
  readonly type?: string;
  readonly id?: string;
  /** The prefix of the line: the server's local time. */
  readonly clock?: string;
  readonly user?: string;
  readonly account?: string | null;
  readonly project?: string;
  readonly queue?: string;
  readonly ctime?: number;
  readonly start?: number | null;
  readonly end?: number;
  readonly execVnode?: string | null;
  readonly resources?: string;
  readonly exitStatus?: number;
  readonly walltime?: string;
  readonly runCount?: number;
};

const at = (time: string): number => Date.parse(`2026-11-20T${time}Z`) / 1000;
export const eight = at('08:00:00');
export const nine = at('09:00:00');
export const ten = at('10:00:00');

/** Returns the prefix that a server in UTC writes at a time. */
export function clockOf(seconds: number): string {
  const [, year, month, day, time] = /^(\d+)-(\d+)-(\d+)T(.{8})/.exec(new Date(seconds * 1000).toISOString()) ?? [];
  return `${month}/${day}/${year} ${time}`;
}

/** Returns a whole record of a job, with its line break. */
export function logRecord(given: LogRecord = {}): string {
  const { type = 'E', id = '1.pbs', user = 'alice', account = 'physics', project = '_pbs_project_default' } = given;
  const { queue = 'main', ctime = eight, execVnode = '(cn01:ncpus=4)', resources = 'Resource_List.place=free' } = given;
  const { start = nine, end = ten, exitStatus = 0, walltime = '01:00:00', runCount = 1 } = given;
  const clock = given.clock ?? clockOf(type === 'Q' ? ctime : type === 'S' ? (start ?? nine) : end);
  const text = [
    `user=${user} group=${user}`,
    ...(account === null ? [] : [`account="${account}"`]),
    `project=${project.includes(' ') ? `"${project}"` : project}`,
    `jobname=STDIN queue=${queue} ctime=${ctime} qtime=${ctime} etime=${ctime}`,
    ...(type === 'Q' || start === null ? [] : [`start=${start}`]),
    ...(type === 'Q' || execVnode === null ? [] : ['exec_host=cn01/0*4', `exec_vnode=${execVnode}`]),
    resources,
    ...(type === 'E' || type === 'R'
      ? [`session=7 end=${end} Exit_status=${exitStatus} resources_used.walltime=${walltime} run_count=${runCount}`]
      : ['']),
  ];
  return `${clock};${type};${id};${text.join(' ')}\n`;
}

/** Returns a record that has only a text, such as a deletion. */
export function textRecord(type: string, seconds: number, text: string, id = '1.pbs'): string {
  return `${clockOf(seconds)};${type};${id};${text}\n`;
}
