import type { ProgramResult, ProgramRunner } from '../exec/local-program.ts';

/** Who runs a job and where, with the names of the original's output. Times are in seconds since 1970. */
export type JobInfo = {
  readonly account?: string;
  readonly username?: string;
  readonly uid?: string;
  readonly partition?: string;
  /** The number of nodes. */
  readonly nodes?: string;
  /** The number of CPUs on all nodes. */
  readonly cpus?: string;
  readonly startedAt?: number;
  readonly jobname?: string;
};

/** The members that accounting needs: if one of them is missing, the next source is asked. */
const needed = ['account', 'username', 'uid', 'partition', 'nodes', 'cpus'] as const;

/** True if nothing that is needed is missing. */
export function isComplete(info: JobInfo): boolean {
  return needed.every((name) => info[name] !== undefined);
}

/**
 * Returns the information in the environment that Slurm gives to a prolog (prolog_epilog guide). It needs no request to
 * the controller, which every node of a job would send at the same time. Empty if it is the environment of another job.
 */
export function infoFromEnvironment(environment: NodeJS.ProcessEnv, job: string): JobInfo {
  if (environment.SLURM_JOB_ID !== job) return {};
  const started = environment.SLURM_JOB_START_TIME;
  return defined({
    account: environment.SLURM_JOB_ACCOUNT,
    username: environment.SLURM_JOB_USER,
    uid: environment.SLURM_JOB_UID,
    partition: environment.SLURM_JOB_PARTITION,
    nodes: environment.SLURM_JOB_NUM_NODES,
    cpus: sumOfCpus(environment.SLURM_JOB_CPUS_PER_NODE),
    startedAt: started !== undefined && /^\d+$/.test(started) ? Number(started) : undefined,
    jobname: environment.SLURM_JOB_NAME,
  });
}

/** Returns the sum of `4(x2),8`: four CPUs on each of two nodes and eight on another (sbatch(1)). */
export function sumOfCpus(text: string | undefined): string | undefined {
  if (text === undefined || !/^\d+(\(x\d+\))?(,\d+(\(x\d+\))?)*$/.test(text)) return undefined;
  const parts = text.matchAll(/(\d+)(?:\(x(\d+)\))?/g);
  return String([...parts].reduce((sum, [, cpus, times = '1']) => sum + Number(cpus) * Number(times), 0));
}

/**
 * Parses `scontrol show job ID --oneliner`, which prints a line for each task of an array. The name of a job can be any
 * text, with blanks and line breaks. Returns `ambiguous` if more than one part of the text looks like what Slurm wrote
 * about this job, unless its name is given.
 */
export function parseScontrolJob(text: string, job: string, name: string | null = null): JobInfo | 'ambiguous' {
  const [own, ...others] = text.split(/\n(?=JobId=\d+ )/).filter((record) => record.startsWith(`JobId=${job} `));
  if (own === undefined) return {};
  const isAmbiguous = others.length > 0 || (own.match(/(?:^|\s)UserId=/g) ?? []).length > 1;
  if (isAmbiguous && name === null) return 'ambiguous';
  const whole = name === null ? own : text.slice(text.indexOf(own));
  const named = name === null ? '([\\s\\S]*?)' : `(${escaped(name)})`;
  const pattern = `^JobId=\\d+(?: \\w+=\\S+)*? JobName=${named}(?: HetJobIdSet=\\S+)? UserId=([^\\s()]+)\\((\\d+)\\) GroupId=`;
  const owner = new RegExp(pattern).exec(whole);
  if (owner === null) return {};
  const rest = whole.slice(owner[0].length);
  // The first one of each: what Slurm writes comes before comments and paths, which can have any text.
  const field = (name: string) => new RegExp(`(?:^|\\s)${name}=(\\S*)`).exec(rest)?.[1];
  return defined({
    account: known(field('Account')),
    username: owner[2],
    uid: owner[3],
    partition: known(field('Partition')),
    nodes: /^\d+/.exec(field('NumNodes') ?? '')?.[0],
    cpus: /^\d+/.exec(field('NumCPUs') ?? '')?.[0],
    startedAt: secondsOf(field('StartTime')),
    jobname: owner[1],
  });
}

/** The fields that sacct is asked for. The name is the last: it can have any text, the separator too. */
const sacctFields = ['JobIDRaw', 'User', 'UID', 'Account', 'Partition', 'NNodes', 'NCPUS', 'Start', 'JobName'];
const separator = '\u001f';

/**
 * Parses what sacct prints for a job, which is a line for each task of an array. Returns nothing if more than one line
 * begins as that of the job does: the name of a job can have a line break.
 */
export function parseSacctJob(text: string, job: string): JobInfo {
  const start = `\n${job}${separator}`;
  const [, own, ...others] = `\n${text}`.split(start);
  if (own === undefined || others.length > 0) return {};
  // The line of another task begins with a number and the separator.
  const line = own.split(new RegExp(`\n\\d+${separator}`))[0] ?? '';
  const [username, uid, account, partition, nodes, cpus, started, ...name] = line.replace(/\n$/, '').split(separator);
  if (name.length === 0) return {};
  return defined({
    account: known(account),
    username: known(username),
    // Until slurmdbd has the whole record, it prints 0 for the user id.
    uid: uid === '0' && username !== 'root' ? undefined : known(uid),
    partition: known(partition),
    nodes: known(nodes),
    cpus: known(cpus),
    startedAt: secondsOf(started),
    jobname: name.join(separator),
  });
}

/** The programs that are asked, and their further variables, such as SLURM_CONF. */
export type InfoPrograms = {
  /** Asked first. */
  readonly scontrol: string;
  /** Asked for the name of a job if the text of scontrol is ambiguous. */
  readonly squeue: string;
  /** Asked if the controller does not answer or does not know the job any more. */
  readonly sacct: string;
  readonly environment: Readonly<Record<string, string>>;
};

/** Asks Slurm about a job. Returns the information, and the reason if it is not complete. */
export async function askSlurm(
  run: ProgramRunner,
  job: string,
  { scontrol, squeue, sacct, environment }: InfoPrograms,
): Promise<{ readonly info: JobInfo; readonly problem: string | null }> {
  const variables = { ...environment, SLURM_TIME_FORMAT: '%s' };
  const shown = await run([scontrol, 'show', 'job', job, '--oneliner'], variables);
  const parsed = shown.kind === 'done' ? parseScontrolJob(shown.output.toString('utf8'), job) : {};
  const info = parsed === 'ambiguous' ? await withoutDoubt(shown, run, job, squeue, variables) : parsed;
  if (isComplete(info)) return { info, problem: null };
  const format = ['-X', '-n', '-P', `--delimiter=${separator}`, '-o', sacctFields.join(',')];
  const found = await run([sacct, ...format, '-j', job], variables);
  const all = { ...(found.kind === 'done' ? parseSacctJob(found.output.toString('utf8'), job) : {}), ...info };
  if (isComplete(all)) return { info: all, problem: null };
  const reasons = [shown, found].flatMap((result) => (result.kind === 'failed' ? [result.reason] : []));
  return { info: all, problem: reasons.join('; ') || 'Slurm does not know the job' };
}

/** Asks for the name of the job alone, and parses the text with it. */
async function withoutDoubt(
  shown: ProgramResult,
  run: ProgramRunner,
  job: string,
  squeue: string,
  variables: Readonly<Record<string, string>>,
): Promise<JobInfo> {
  const named = await run([squeue, '--noheader', '--states=all', `--jobs=${job}`, '--format=%j'], variables);
  if (named.kind === 'failed' || shown.kind === 'failed') return {};
  const name = named.output.toString('utf8').replace(/\n$/, '');
  const info = parseScontrolJob(shown.output.toString('utf8'), job, name);
  return info === 'ambiguous' ? {} : info;
}

/** Escapes a text for use in a regular expression. */
function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function defined(info: { readonly [Name in keyof JobInfo]: JobInfo[Name] | undefined }): JobInfo {
  return Object.fromEntries(Object.entries(info).filter(([, value]) => value !== undefined && value !== ''));
}

/** Leaves out what Slurm prints for an unknown value. */
function known(value: string | undefined): string | undefined {
  return value === undefined || value === '(null)' || value === 'Unknown' || value === '' ? undefined : value;
}

/** Reads a time in seconds since 1970, as SLURM_TIME_FORMAT=%s asks for. */
function secondsOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
