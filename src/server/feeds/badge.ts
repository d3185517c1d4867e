import type { SystemState } from '../status/state.ts';

/** White text has a contrast of at least 4.5 : 1 on each of them. */
const colours: Readonly<Record<SystemState, string>> = {
  up: '#1a7433',
  degraded: '#8a5a00',
  down: '#bd1a24',
  unknown: '#5d6670',
};
/** The width of a character of a sans-serif font of 11 px; `textLength` makes the text fit. */
const characterWidth = 6.5;
const padding = 12;

/** Returns a picture with the name and the state of a system, for other web pages. */
export function badge(system: string, state: SystemState): string {
  const left = Math.ceil(system.length * characterWidth) + padding;
  const right = Math.ceil(state.length * characterWidth) + padding;
  const text = (content: string, start: number, width: number) =>
    `<text x="${start + width / 2}" y="14" text-anchor="middle" textLength="${width - padding}" lengthAdjust="spacingAndGlyphs">${Bun.escapeHTML(content)}</text>`;
  const label = Bun.escapeHTML(`${system}: ${state}`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="20" role="img" aria-label="${label}">`,
    `<title>${label}</title>`,
    `<rect width="${left}" height="20" fill="#3a3f45"/>`,
    `<rect x="${left}" width="${right}" height="20" fill="${colours[state]}"/>`,
    `<g fill="#ffffff" font-family="Verdana, DejaVu Sans, sans-serif" font-size="11">`,
    text(system, 0, left),
    text(state, left, right),
    '</g>',
    '</svg>\n',
  ].join('');
}
