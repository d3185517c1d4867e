import { OperatorError } from '../lib/errors.ts';
import type { FinishedJob } from '../lib/finished-job.ts';
import { cutIntoLines, type Decode } from '../lib/lines.ts';
import { type AccountingRecord, forgeable, type LogProblem, RecordJoiner } from './accounting-lines.ts';
import { applyRecord, type RunOptions } from './accounting-runs.ts';
import type { LogState } from './open-runs.ts';

/** The longest accepted line. The record of a job with 10,000 nodes has about 1 MB. */
const maxLineBytes = 4 * 1024 * 1024;

/** Bytes are kept as they are: the log can have any encoding, and even uninitialised memory. */
const latin1: Decode = (bytes, start, end) => bytes.toString('latin1', start, end);

/** The least size of a group of runs. The receiver of a group looks up its runs in one transaction. */
const groupRuns = 500;

/** A position in a file of the log: after so many bytes, which are so many lines. */
export type LogPosition = { readonly offset: number; readonly lines: number };

/** The options for reading a file. */
export type LogReading = {
  /** The bytes of the file from `from` on. */
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly from: LogPosition;
  /** True if the file will not grow: it is not the newest. */
  readonly isClosed: boolean;
  readonly options: RunOptions;
  problem(problem: LogProblem): void;
  progress(lines: number): void;
};

/**
 * Yields the runs that end in a file of an accounting log of PBS, in groups, and updates `state`. Returns the position
 * after the last complete record. Throws OperatorError for a log of TORQUE.
 */
export async function* finishedRuns(
  reading: LogReading,
  state: LogState,
): AsyncGenerator<readonly FinishedJob[], LogPosition> {
  const { from, isClosed, options, problem, progress } = reading;
  const dialect = new Dialect();
  let runs: FinishedJob[] = [];
  const joiner = new RecordJoiner({
    problem,
    record(record) {
      dialect.see(record);
      const { line, id } = record;
      if (record.hasLineBreak) problem({ line, id, problem: forgeable, isLoss: false });
      const result = applyRecord(record, state, options);
      if (typeof result === 'string') problem({ line, id, problem: result, isLoss: true });
      else if (result !== null) runs.push(result);
    },
  });
  let { offset, lines } = from;
  for await (const part of cutIntoLines(
    counted(reading.chunks, (bytes) => (offset += bytes)),
    maxLineBytes,
    latin1,
  )) {
    if (part.isCutOff) {
      // The server writes this line now, or its host crashed while it did.
      const [line] = part.lines;
      offset = from.offset + (line?.byte ?? 0);
      if (isClosed) problem({ line: lines + 1, id: null, problem: 'the file ends within a line', isLoss: true });
      break;
    }
    for (const { byte, text } of part.lines) {
      lines += 1;
      joiner.add({ number: lines, byte: from.offset + byte, text });
    }
    dialect.refuseTorque();
    if (runs.length >= groupRuns) {
      yield runs;
      runs = [];
    }
    progress(lines - from.lines);
  }
  if (isClosed) joiner.end();
  dialect.refuseTorque();
  if (runs.length > 0) yield runs;
  const { unfinished } = joiner;
  return unfinished === null ? { offset, lines } : { offset: unfinished.byte, lines: unfinished.number - 1 };
}

async function* counted(chunks: AsyncIterable<Uint8Array>, add: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    add(chunk.length);
    yield chunk;
  }
}

/** Tells the log of PBS from that of TORQUE, which has the same header but other records. */
class Dialect {
  #pbs = 0;
  #torque = 0;

  see({ type, text, job }: AccountingRecord): void {
    const isTorque =
      job === null ? type === 'Q' && text.startsWith('queue=') : /^ start=\d+ owner=\S+ exec_host=/.test(job.rest);
    if (isTorque) this.#torque += 1;
    else if (job !== null) this.#pbs += 1;
  }

  refuseTorque(): void {
    if (this.#torque <= this.#pbs) return;
    throw new OperatorError(
      'this is an accounting log of TORQUE: only those of OpenPBS and PBS Professional can be read; set jobs.accounting_path in collector.yaml to server_priv/accounting of a PBS server',
    );
  }
}
