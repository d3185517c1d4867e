import { Damages, type Reading, type ReservationRecord } from '../lib/records.ts';
import { given } from './rows.ts';

/**
 * Parses `scontrol --oneliner show reservation`: one reservation a line, times in seconds since 1970
 * (SLURM_TIME_FORMAT=%s). Free text, such as a comment, comes after all fields that are read.
 */
export function parseReservations(text: string): Reading<ReservationRecord[]> {
  const damaged = new Damages();
  const value: ReservationRecord[] = [];
  for (const { index, 0: line } of text.matchAll(/^ReservationName=.*$/gm)) {
    const reservation = parseReservation(line);
    if (typeof reservation !== 'string') value.push(reservation);
    else
      damaged.add({
        record: fieldOf(line, 'ReservationName'),
        byte: Buffer.byteLength(text.slice(0, index)),
        problem: reservation,
      });
  }
  return { value, damaged };
}

function parseReservation(line: string): ReservationRecord | string {
  const name = fieldOf(line, 'ReservationName');
  const start = timeOf(fieldOf(line, 'StartTime'));
  const end = timeOf(fieldOf(line, 'EndTime'));
  const count = fieldOf(line, 'NodeCnt');
  if (name === null) return 'has no name';
  if (start === null || end === null) return 'StartTime or EndTime is not a time';
  return {
    id: name,
    name,
    start,
    end,
    nodes: /^\d{1,9}$/.test(count ?? '') ? Number(count) : null,
    partition: fieldOf(line, 'PartitionName'),
  };
}

function fieldOf(line: string, name: string): string | null {
  return given(new RegExp(`(?:^| )${name}=(\\S*)`).exec(line)?.[1] ?? '');
}

function timeOf(seconds: string | null): Date | null {
  return seconds !== null && /^\d{1,11}$/.test(seconds) ? new Date(Number(seconds) * 1000) : null;
}
