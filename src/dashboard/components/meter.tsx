import { percent } from '../format/numbers.ts';

/** A share as a bar and a percentage; a hatched bar if it is unknown. */
export function Meter({ share, label }: { share: number | null; label: string }) {
  const width = share === null ? 0 : Math.max(0, Math.min(100, share));
  return (
    <span class="meter">
      <svg
        viewBox="0 0 100 8"
        width="100"
        height="8"
        preserveAspectRatio="none"
        class={share === null ? 'hatched' : ''}
        role="img"
        aria-label={`${label}: ${share === null ? 'unknown' : percent(share)}`}
      >
        <rect class="track" width="100" height="8" fill="#dddddd" />
        <rect class="fill" width={width} height="8" />
      </svg>
    </span>
  );
}
