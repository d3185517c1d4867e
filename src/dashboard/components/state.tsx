import type { ComponentChildren } from 'preact';

/** The states of a system or a part of it. */
export type State = 'up' | 'degraded' | 'down' | 'maintenance' | 'unknown';

/** The word for each state. */
export const stateWords: Readonly<Record<State, string>> = {
  up: 'Up',
  degraded: 'Degraded',
  down: 'Down',
  maintenance: 'Maintenance',
  unknown: 'Unknown',
};

/** A shape for each state, so that the colour is not the only difference. */
const shapes: Readonly<Record<State, ComponentChildren>> = {
  up: (
    <path d="M7 0.500a6.500 6.500 0 1 0 0 13a6.500 6.500 0 0 0 0-13Zm-1 9.700L3.200 7.400l1.100-1.100L6 8l3.700-3.700 1.100 1.100Z" />
  ),
  degraded: <path fill-rule="evenodd" d="M7 0.500 14 13H0ZM6.200 5v4h1.600V5Zm0 5v1.600h1.600V10Z" />,
  down: (
    <path
      fill-rule="evenodd"
      d="M1 1h12v12H1Zm3 4.100L5.900 7 4 8.900 5.100 10 7 8.100 8.900 10 10 8.900 8.100 7 10 5.100 8.900 4 7 5.900 5.100 4Z"
    />
  ),
  maintenance: <path fill-rule="evenodd" d="M7 0 14 7 7 14 0 7ZM6.200 3.500v4h1.600v-4Zm0 5v1.600h1.600V8.500Z" />,
  unknown: (
    <path
      fill-rule="evenodd"
      d="M7 0.500a6.500 6.500 0 1 0 0 13a6.500 6.500 0 0 0 0-13Zm0 1.600a4.900 4.900 0 1 1 0 9.800a4.900 4.900 0 0 1 0-9.800ZM4 6.200h6v1.600H4Z"
    />
  ),
};

/** A state as a shape, a colour and a word. */
export function StateMark({ state, children }: { state: State; children?: ComponentChildren }) {
  return (
    <span class={`state ${state}`}>
      <svg viewBox="0 0 14 14" width="14" height="14" aria-hidden="true">
        {shapes[state]}
      </svg>
      <span>{children ?? stateWords[state]}</span>{' '}
    </span>
  );
}

/** The state that a severity of an outage puts a system into. */
export function stateOfSeverity(severity: string): State {
  if (severity === 'maintenance') return 'maintenance';
  return severity === 'critical' ? 'down' : 'degraded';
}
