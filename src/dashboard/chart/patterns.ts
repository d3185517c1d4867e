import { isDark, token } from './colours.ts';

/** Returns the colour of the patterns. */
export function patternColour(): string {
  return isDark.value ? 'rgba(0, 0, 0, 0.35)' : 'rgba(255, 255, 255, 0.45)';
}

/** The patterns of `patterns` in the same order, as the paths of lines in a square of 12 × 12 in a legend. */
export const swatchPatterns = [
  '',
  'M0 6L6 0M0 12L12 0M6 12L12 6',
  'M3 3h0M9 3h0M6 6h0M3 9h0M9 9h0',
  'M0 6L6 12M0 0L12 12M6 0L12 6',
  'M0 3H12M0 6H12M0 9H12',
  'M3 0V12M6 0V12M9 0V12',
] as const;

/** Returns the patterns that tell the parts of a stack apart without colours, as ECharts draws them. */
export function patterns() {
  const color = patternColour();
  const stripes = { color, dashArrayX: [1, 0], dashArrayY: [2, 5], symbolSize: 1 };
  return [
    { symbol: 'none', color },
    { ...stripes, rotation: -Math.PI / 4 },
    {
      color,
      symbol: 'circle',
      dashArrayX: [
        [6, 6],
        [0, 6, 6, 0],
      ],
      dashArrayY: [6, 0],
      symbolSize: 0.5,
    },
    { ...stripes, rotation: Math.PI / 4 },
    { ...stripes, rotation: 0 },
    { ...stripes, dashArrayY: [1, 3], rotation: Math.PI / 2 },
  ];
}

/** Returns the stripes for times about which nothing is known. */
export function hatching() {
  const colour = token('unknown');
  const picture = `<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><path d="M-1 9L9 -1M-1 1L1 -1M7 9L9 7" stroke="${colour}" stroke-width="1.5"/></svg>`;
  const image = `data:image/svg+xml,${encodeURIComponent(picture)}`;
  return { image, repeat: 'repeat', imageWidth: 8, imageHeight: 8 };
}
