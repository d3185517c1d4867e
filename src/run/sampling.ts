import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { runProgram } from '../exec/local-program.ts';
import { type ExitCode, exitCodes, messageOf, OperatorError } from '../lib/errors.ts';
import { lessMemory } from '../lib/less-memory.ts';
import { createLog, type Log } from '../lib/log.ts';
import { printable } from '../lib/text.ts';
import { trySocketLock } from '../outbox/socket-lock.ts';
import { checkpointFile } from '../sampler/checkpoint.ts';
import { finishEarlier } from '../sampler/finish-earlier.ts';
import { textOf, thisMachine } from '../sampler/machine.ts';
import { type JobPlace, outputsOf } from '../sampler/modules.ts';
import { expand } from '../sampler/patterns.ts';
import { sampleJob } from '../sampler/sample-job.ts';
import { readSampleSettings, type SampleSettings } from '../sampler/settings.ts';
import { stopSignal } from './signals.ts';

/** The longest wait for the pid file of a sampler in the background: a prolog must not block its job. */
const pidFileSeconds = 10;

/** The arguments of `sample`. */
export type SampleRequest = {
  readonly configFile: string;
  readonly job: number | string;
  readonly node: string;
  readonly isDaemon: boolean;
  readonly pidFile: string | null;
  readonly logFile: string | null;
  readonly logLevel: 'CRITICAL' | 'ERROR' | 'WARNING' | 'INFO' | 'DEBUG' | null;
  /** A JSON file whose data go to the outputs; null to sample. */
  readonly testOutput: string | null;
};

/**
 * Samples a job on this node until it ends or this program gets a signal to stop. Returns `locked` if another sampler of the
 * job runs on this node, and `failed` if an output does not have the data. Throws OperatorError for wrong settings.
 */
export async function sample(request: SampleRequest): Promise<ExitCode> {
  const settings = readSampleSettings(request.configFile);
  if (request.isDaemon) return startInBackground(request, settings);
  if (request.testOutput === null) restartWithLessMemory(request);
  const log = logOf(request, settings);
  const { job, node } = request;
  const place: JobPlace = { job, node, machine: thisMachine, environment: process.env, run: runProgram, log };
  if (request.testOutput !== null) return testOutputs(request.testOutput, settings, place);
  const lockOf = (id: number | string) => checkpointFile(settings.collector.checkpoint_path, id, node);
  const lock = trySocketLock(lockOf(job), log.warn);
  if (lock === null) {
    log.warn(`Another sampler of job ${job} runs on ${node}`);
    return exitCodes.locked;
  }
  warnOfHiddenProcesses(log);
  writePidFile(request.pidFile, log);
  try {
    const [isWritten] = await Promise.all([
      sampleJob(settings, place, stopSignal),
      // An output that does not answer must not delay the first look at this job.
      finishEarlier(settings, place, (other) => trySocketLock(lockOf(other), () => undefined)),
    ]);
    return isWritten ? exitCodes.done : exitCodes.failed;
  } finally {
    if (request.pidFile !== null) rmSync(request.pidFile, { force: true });
    lock.release();
  }
}

function warnOfHiddenProcesses(log: Log): void {
  if (textOf(`${thisMachine.proc}/1/stat`) === null)
    log.warn('the processes of other users are hidden (/proc is mounted with hidepid): run the sampler as root');
  else if (process.getuid?.() !== 0)
    log.warn('the programs of processes of other users cannot be read: run the sampler as root');
}

function logOf({ logFile, logLevel, job, node }: SampleRequest, { log }: SampleSettings): Log {
  const file = logFile ?? log.file;
  const levels = { CRITICAL: 'quiet', ERROR: 'quiet', WARNING: 'quiet', INFO: 'normal', DEBUG: 'verbose' } as const;
  return createLog({
    terminal: logLevel === null ? log.level : levels[logLevel],
    format: 'text',
    file: file === null ? null : expand(file, { job, node, hashSize: null }),
    fileBySystem: new Map(),
    lockRotation: null,
  }).withTag('sample');
}

/** Writes the id of this process. An epilog needs it to end the sampling early, so that a failure ends nothing. */
function writePidFile(file: string | null, log: Log): void {
  if (file === null) return;
  try {
    // Without a line break, as the original writes it.
    writeFileSync(file, String(process.pid));
  } catch (error) {
    log.error(`cannot write ${file}: ${messageOf(error)}: give another file with --pidfile`);
  }
}

/** Replaces this process by one that needs less memory, with the same process id. Does nothing if it is that one. */
function restartWithLessMemory(request: SampleRequest): void {
  if (Object.keys(lessMemory).some((name) => process.env[name] !== undefined)) return;
  process.execve?.(process.execPath, [process.execPath, ...argumentsOf(request)], { ...process.env, ...lessMemory });
}

/**
 * Starts this command again in a session of its own, without a terminal, in the root directory and with the configured
 * umask. An error after its start is in the log file only. Returns when the pid file is there, because the epilog of a
 * short job needs it, or when the sampler has ended.
 */
async function startInBackground(request: SampleRequest, settings: SampleSettings): Promise<ExitCode> {
  if (request.logFile === null && settings.log.file === null)
    throw new OperatorError(
      '--daemon needs a log file, because a daemon has no terminal: give --logfile, or logfile in the configuration',
    );
  process.umask(Number.parseInt(settings.collector.umask, 8));
  const child = Bun.spawn([process.execPath, ...argumentsOf(request)], {
    cwd: '/',
    env: { ...process.env, ...lessMemory },
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'ignore',
    detached: true,
  });
  child.unref();
  const { pidFile } = request;
  const latest = performance.now() + pidFileSeconds * 1000;
  while (pidFile !== null && child.exitCode === null && child.signalCode === null && performance.now() < latest) {
    if (textOf(pidFile) === String(child.pid)) break;
    await Bun.sleep(10);
  }
  return exitCodes.done;
}

function argumentsOf({ configFile, job, node, pidFile, logFile, logLevel }: SampleRequest): string[] {
  const optional = Object.entries({ pidfile: pidFile, logfile: logFile, loglevel: logLevel });
  const given = optional.flatMap(([name, value]) => (value === null ? [] : [`--${name}=${value}`]));
  return ['sample', `--config=${configFile}`, `--jobid=${job}`, `--node=${node}`, ...given];
}

const testData = z.record(z.string(), z.record(z.string(), z.json()));

/** Gives the data in a file to the outputs. */
async function testOutputs(file: string, settings: SampleSettings, { job, node, log }: JobPlace): Promise<ExitCode> {
  let data: z.output<typeof testData>;
  try {
    data = testData.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new OperatorError(
      `--test-output ${printable(file, 200)}: ${error instanceof z.ZodError ? 'it must be an object of sampler ids with objects' : messageOf(error)}`,
      { cause: error },
    );
  }
  let code: ExitCode = exitCodes.done;
  for (const output of outputsOf(settings, job, node, log)) {
    output.sampled?.(data);
    try {
      if (output.id !== 'output.Prometheus') await output.write(data);
    } catch (error) {
      log.error(`✗ sams.${output.id}: ${messageOf(error)}`);
      code = exitCodes.failed;
    }
  }
  return code;
}
