import { listOutages, type StoredOutageRow } from '../store/outages.ts';
import type { Reader } from '../store/port.ts';
import { type SpanRow, spansBetween } from '../store/spans.ts';
import { millisecondsOf, timestampOf } from '../timestamp.ts';
import { stateGapMs } from './spans.ts';
import { type StateWithReasons, type SystemState, withOutages } from './state.ts';

/** A stretch of time in which a system has one state. Times are milliseconds since 1970. */
export type Stretch = {
  readonly from: number;
  readonly to: number;
  readonly state: SystemState;
  /** True during planned maintenance of the whole system. */
  readonly isMaintenance: boolean;
};

const unknown: StateWithReasons = { state: 'unknown', reasons: [] };

type Period = { readonly from: number; readonly to: number };

/** Returns the states of a system from a time to another, both in milliseconds since 1970. */
export async function readTimeline(reader: Reader, system: string, from: number, to: number): Promise<Stretch[]> {
  // A state holds for a while after its last snapshot.
  const spans = await spansBetween(reader, system, 'state', textOf(from - stateGapMs), textOf(to));
  const filter = { system, status: null, includeResolved: true, now: textOf(to) };
  return timelineOf(spans, await listOutages(reader, filter), from, to);
}

function textOf(ms: number): string {
  return timestampOf(new Date(ms));
}

/**
 * Returns the states of a system from a time to another, without gaps. Before the first snapshot, and more than 10
 * minutes after one without a next, the state is that of the reported outages, and otherwise unknown.
 * @param spans the states that the snapshots of the system show, in their order
 */
export function timelineOf(
  spans: readonly SpanRow[],
  outages: readonly StoredOutageRow[],
  from: number,
  to: number,
): Stretch[] {
  const shown = spans.map((span, index) => ({ ...shownPeriod(span, spans[index + 1]), value: parseState(span.value) }));
  const reported = outages.map((outage) => ({ ...periodOf(outage), outage }));
  const times = [...shown, ...reported].flatMap((period) => [period.from, period.to]);
  const borders = [...new Set([from, ...times.filter((time) => time > from && time < to), to])].sort((a, b) => a - b);
  const stretches: Stretch[] = [];
  let position = 0;
  for (const [index, start] of borders.slice(0, -1).entries()) {
    const end = borders[index + 1] ?? to;
    while ((shown[position]?.to ?? end) <= start) position += 1;
    const span = shown[position];
    const current = reported.filter((period) => period.from <= start && period.to > start).map(({ outage }) => outage);
    append(stretches, {
      from: start,
      to: end,
      state: withOutages(span && span.from <= start ? span.value : unknown, current).state,
      isMaintenance: current.some(({ severity, component }) => severity === 'maintenance' && component === null),
    });
  }
  return stretches;
}

/** A state holds until the next snapshot shows another, and at most 10 minutes after its last snapshot. */
function shownPeriod(span: SpanRow, next: SpanRow | undefined): Period {
  const end = millisecondsOf(span.last) + stateGapMs;
  return { from: millisecondsOf(span.first), to: Math.min(end, next ? millisecondsOf(next.first) : end) };
}

/** An outage that was resolved without an end ended when that was reported. */
function periodOf({ start_time, end_time, status, updated_at, created_at }: StoredOutageRow): Period {
  const end = end_time ?? (status === 'resolved' ? (updated_at ?? created_at) : null);
  return { from: millisecondsOf(start_time), to: end === null ? Number.POSITIVE_INFINITY : millisecondsOf(end) };
}

function append(stretches: Stretch[], next: Stretch): void {
  const last = stretches.at(-1);
  if (last && last.state === next.state && last.isMaintenance === next.isMaintenance) {
    stretches[stretches.length - 1] = { ...last, to: next.to };
  } else stretches.push(next);
}

/** Parses the stored value of a state. */
function parseState(value: string): StateWithReasons {
  return JSON.parse(value);
}
