import { signal } from '@preact/signals';

/**
 * The Okabe–Ito colours, which colour-blind people can tell apart, in an order that begins with the strongest. On white,
 * orange, sky blue and yellow are darker than in the original, for a contrast of 3 : 1.
 */
const light = ['#0072b2', '#d55e00', '#008a65', '#b5578d', '#a87400', '#2f8bc0', '#857a00', '#3a3f45'];
const dark = ['#56b4e9', '#e8803a', '#1fb98d', '#dd93bd', '#e69f00', '#3d8fd1', '#f0e442', '#c5ccd4'];

const query = window.matchMedia('(prefers-color-scheme: dark)');

/** True if the pages are dark. */
export const isDark = signal(query.matches);
query.addEventListener('change', () => {
  isDark.value = query.matches;
});

// Browsers print in light colours, but say so after the charts must have been drawn.
const { classList } = document.documentElement;
window.addEventListener('beforeprint', () => {
  classList.add('paper');
  isDark.value = false;
});
window.addEventListener('afterprint', () => {
  classList.remove('paper');
  isDark.value = query.matches;
});

/** Returns the colour of the series at a position. More series than colours repeat them; a pattern tells them apart. */
export function seriesColour(index: number, isRest: boolean): string {
  if (isRest) return isDark.value ? '#7d8793' : '#8b929a';
  const colours = isDark.value ? dark : light;
  return colours[index % colours.length] ?? '#888888';
}

/** Returns the value of a colour of tokens.css. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
