/** A line without axes. Null values are gaps. */
export function Sparkline({ values, max, label }: { values: readonly (number | null)[]; max: number; label: string }) {
  const step = 100 / Math.max(1, values.length - 1);
  const height = (value: number) => 22 - (Math.min(value, max) / max) * 20;
  let path = '';
  let isDrawing = false;
  for (const [index, value] of values.entries()) {
    if (value !== null) path += `${isDrawing ? 'L' : 'M'}${(index * step).toFixed(1)} ${height(value).toFixed(1)}`;
    // A single value between two gaps is a dot.
    if (value !== null && !isDrawing && (values[index + 1] ?? null) === null) path += 'h0.1';
    isDrawing = value !== null;
  }
  return (
    <svg
      class="sparkline"
      viewBox="0 0 100 24"
      width="200"
      height="24"
      fill="none"
      stroke="currentColor"
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <path class="base" d="M0 23.500H100" />
      <path class="line" d={path} />
    </svg>
  );
}
