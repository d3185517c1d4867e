import { Damages, type NodeTableRecord, type Reading } from '../lib/records.ts';
import { gibibytesOf } from './memory.ts';
import { nodeStateOf } from './nodes.ts';

/**
 * Reads the table of `pbsnodes -aSj` (pbsnodes(8B), "-S" with "-j"), of which site commands such as `jhlnodes` print a
 * part. Columns: name, state, jobs, running, suspended; memory, CPUs, MICs and GPUs as free/total; job names. Lines
 * above the dashes are the heading. Returns a string with the error if there is no line of dashes.
 */
export function parseNodeTable(text: string): Reading<NodeTableRecord[]> | string {
  const rule = /^-{3,}[- ]*$/m.exec(text);
  if (!rule) return 'printed no table of nodes';
  const value: NodeTableRecord[] = [];
  const damaged = new Damages();
  let start = rule.index + rule[0].length + 1;
  for (const line of text.slice(start).split('\n')) {
    const row = line.trim() === '' ? null : rowOf(line);
    if (typeof row === 'string') {
      const byte = Buffer.byteLength(text.slice(0, start));
      damaged.add({ record: line.trim().split(/\s+/)[0] ?? null, byte, problem: row });
    } else if (row !== null) value.push(row);
    start += line.length + 1;
  }
  return { value, damaged };
}

function rowOf(line: string): NodeTableRecord | string {
  const [name = '', stateText = '', jobs, running, suspended, memory = '', cpus = '', , gpus = '', jobIds = ''] = line
    .trim()
    .split(/\s+/);
  const counts = [jobs, running, suspended].map(countOf);
  const [memoryFree, memoryTotal] = memory.split('/').map(gibibytesOf);
  const [coresFree, cores] = cpus.split('/').map(countOf);
  const [gpusFree, gpuTotal] = gpus.split('/').map(countOf);
  const [jobCount, jobsRunning, jobsSuspended] = counts;
  if (!isNumber(jobCount) || !isNumber(jobsRunning) || !isNumber(jobsSuspended)) return 'has no counts of jobs';
  if (!isNumber(memoryFree) || !isNumber(memoryTotal)) return 'has no free/total memory';
  if (!isNumber(coresFree) || !isNumber(cores)) return 'has no free/total CPUs';
  if (!isNumber(gpusFree) || !isNumber(gpuTotal)) return 'has no free/total GPUs';
  return {
    name,
    stateText,
    state: nodeStateOf(stateText),
    jobs: jobCount,
    jobsRunning,
    jobsSuspended,
    memoryFreeGib: memoryFree,
    memoryGib: memoryTotal,
    coresFree,
    cores,
    gpusFree,
    gpus: gpuTotal,
    jobIds: jobIds === '--' ? '' : jobIds,
  };
}

/**
 * Returns a count of at least 0. PBS lets the assigned resources of a node exceed its total and then prints a negative
 * free count.
 */
function countOf(text: string | undefined): number | null {
  return text !== undefined && /^-?\d{1,9}$/.test(text) ? Math.max(0, Number(text)) : null;
}

function isNumber(value: number | null | undefined): value is number {
  return typeof value === 'number';
}
