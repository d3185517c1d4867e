const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Parses `90s`, `15m`, `2h` or `1d12h` to milliseconds; null if the text is not a duration. */
export function parseDuration(text: string): number | null {
  if (!/^(?:\d{1,9}[smhd])+$/.test(text)) return null;
  return [...text.matchAll(/(\d+)([smhd])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (seconds[unit ?? ''] ?? 0) * 1000,
    0,
  );
}

/** Formats milliseconds in their two largest units: `45s`, `3m20s`, `2h05m`, `3d04h`. */
export function shortDuration(milliseconds: number): string {
  const total = Math.round(Math.abs(milliseconds) / 1000);
  const sign = milliseconds < 0 && total > 0 ? '-' : '';
  const two = (large: number, unit: string, small: number, below: string) =>
    `${sign}${large}${unit}${small === 0 ? '' : `${String(small).padStart(2, '0')}${below}`}`;
  if (total < 60) return `${sign}${total}s`;
  if (total < 3600) return two(Math.floor(total / 60), 'm', total % 60, 's');
  if (total < 86_400) return two(Math.floor(total / 3600), 'h', Math.floor((total % 3600) / 60), 'm');
  return two(Math.floor(total / 86_400), 'd', Math.floor((total % 86_400) / 3600), 'h');
}
