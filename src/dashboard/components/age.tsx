import { age, dateTime, fullTime } from '../format/times.ts';

/** The age of something in words, with the time itself on hover. */
export function Age({ at }: { at: number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={fullTime(at)}>
      {age(at)}
    </time>
  );
}

/** A time, with its seconds and its whole date on hover. */
export function At({ at }: { at: number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={fullTime(at)}>
      {dateTime(at)}
    </time>
  );
}
