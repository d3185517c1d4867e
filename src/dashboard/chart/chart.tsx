import { useEffect, useRef, useState } from 'preact/hooks';
import { downloadText } from '../data/download.ts';
import { csvOf } from '../format/csv.ts';
import { exact } from '../format/numbers.ts';
import { dateTime, fromWallClock } from '../format/times.ts';
import { isDark, seriesColour } from './colours.ts';
import type { Drawing } from './echarts.ts';
import { optionOf, readout } from './option.ts';
import { patternColour, swatchPatterns } from './patterns.ts';
import { dashes } from './series.ts';
import { type ChartSpec, lengthOf } from './spec.ts';

type ChartProps = {
  /** A sentence that says what the chart shows. */
  readonly title: string;
  readonly spec: ChartSpec;
  /** Takes the ends of the stretch of time that the reader marks with the mouse, in ms. */
  readonly onZoom?: (from: number, to: number) => void;
};

/** A chart with its title, its numbers as a table and as CSV, and a cursor that the arrow keys move. */
export function ChartFigure({ title, spec, onZoom }: ChartProps) {
  const canvas = useRef<HTMLDivElement>(null);
  const drawing = useRef<Drawing | null>(null);
  const isMarked = useRef(false);
  const current = useRef({ spec, onZoom });
  current.current = { spec, onZoom };
  const [showsTable, setShowsTable] = useState(false);
  const [cursor, setCursor] = useState<number | null>(null);
  const dark = isDark.value;
  const canZoom = onZoom !== undefined;

  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    let hasEnded = false;
    const observer = new ResizeObserver(() => {
      const chart = drawing.current;
      // The observer reports the first size, too, in which the chart is drawn already.
      if (chart && (chart.getWidth() !== element.clientWidth || chart.getHeight() !== element.clientHeight))
        chart.resize();
    });
    const printing = new AbortController();
    void import('./echarts.ts').then(({ startChart, drawForPaper }) => {
      if (hasEnded) return;
      const chart = startChart(element);
      const { signal } = printing;
      window.addEventListener('beforeprint', () => drawForPaper(chart, optionOf(current.current.spec)), { signal });
      window.addEventListener('afterprint', () => chart.resize({ width: 'auto' }), { signal });
      drawing.current = chart;
      chart.setOption(optionOf(current.current.spec), true);
      chart.on('datazoom', (event: unknown) => {
        // Connected charts report the zoom too, each with ends of its own. Take only that of the marked chart.
        if (!isMarked.current) return;
        isMarked.current = false;
        zoomed(event, current.current.onZoom);
      });
      if (current.current.onZoom !== undefined) selectByMouse(chart);
      observer.observe(element);
    });
    return () => {
      hasEnded = true;
      observer.disconnect();
      printing.abort();
      drawing.current?.dispose();
      drawing.current = null;
    };
  }, []);

  useEffect(() => {
    drawing.current?.setOption(optionOf(spec), true);
    if (drawing.current && canZoom) selectByMouse(drawing.current);
  }, [spec, dark, canZoom]);

  const move = (to: number) => {
    const index = Math.max(0, Math.min(lengthOf(spec) - 1, to));
    setCursor(index);
    drawing.current?.dispatchAction({ type: 'showTip', seriesIndex: 0, dataIndex: index });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const at = cursor ?? lengthOf(spec);
    const moves: Readonly<Record<string, number>> = {
      ArrowLeft: at - 1,
      ArrowRight: at + 1,
      Home: 0,
      End: lengthOf(spec) - 1,
    };
    const target = moves[event.key];
    if (event.key === 't') setShowsTable(!showsTable);
    else if (target !== undefined) move(target);
    else return;
    event.preventDefault();
  };

  return (
    <figure class="chart">
      <figcaption>
        <h2>{title}</h2>
        <span class="actions">
          <button type="button" class="quiet" aria-pressed={showsTable} onClick={() => setShowsTable(!showsTable)}>
            Table<span class="unseen"> of: {title}</span>
          </button>
          <button type="button" class="quiet" onClick={() => save(title, spec)}>
            CSV<span class="unseen"> of: {title}</span>
          </button>
        </span>
      </figcaption>
      <div
        ref={canvas}
        class={`canvas ${spec.kind}`}
        role="img"
        tabIndex={0}
        aria-label={`${title} Arrow keys read out its values, T shows them as a table.`}
        onKeyDown={onKeyDown}
        onPointerDown={() => {
          isMarked.current = true;
        }}
      />
      {spec.series.length > 1 && (
        <ul class="legend">
          {spec.series.map(({ name, isRest }, index) => (
            <li key={name}>
              <Swatch kind={spec.kind} index={index} isRest={isRest ?? false} />
              {name}
            </li>
          ))}
        </ul>
      )}
      <p class="unseen" aria-live="polite">
        {cursor === null ? '' : readout(spec, cursor)}
      </p>
      {showsTable && <Numbers title={title} spec={spec} />}
    </figure>
  );
}

function Swatch({ kind, index, isRest }: { kind: ChartSpec['kind']; index: number; isRest: boolean }) {
  const colour = seriesColour(index, isRest);
  return (
    <svg viewBox="0 0 20 12" width="20" height="12" aria-hidden="true">
      {kind === 'lines' ? (
        <path d="M0 6H20" stroke={colour} stroke-width="2.5" stroke-dasharray={dashes[index % dashes.length]} />
      ) : (
        <g transform="translate(4 0)">
          <rect width="12" height="12" rx="2" fill={colour} />
          <path
            d={swatchPatterns[index % swatchPatterns.length]}
            stroke={patternColour()}
            stroke-width="1.5"
            stroke-linecap="round"
          />
        </g>
      )}
    </svg>
  );
}

function Numbers({ title, spec }: { title: string; spec: ChartSpec }) {
  const { x } = spec;
  return (
    <section class="scroller numbers" aria-label={`Numbers of: ${title}`} tabIndex={0}>
      <table>
        <caption class="unseen">{title}</caption>
        <thead>
          <tr>
            <th scope="col">{spec.xTitle}</th>
            {spec.series.map(({ name }) => (
              <th key={name} scope="col" class="number">
                {name} ({spec.unit})
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {Array.from({ length: lengthOf(spec) }, (_, index) => (
            <tr key={index}>
              <th scope="row">{'times' in x ? dateTime(x.times[index] ?? 0) : x.names[index]}</th>
              {spec.series.map(({ name, values }) => (
                <td key={name} class="number">
                  {exact(values[index])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function save(title: string, spec: ChartSpec): void {
  const { x } = spec;
  const head = [spec.xTitle, ...spec.series.map(({ name }) => `${name} (${spec.unit})`)];
  const rows = Array.from({ length: lengthOf(spec) }, (_, index) => [
    'times' in x ? new Date(x.times[index] ?? 0).toISOString() : (x.names[index] ?? ''),
    ...spec.series.map(({ values }) => values[index] ?? null),
  ]);
  downloadText(
    `${title
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/-$/, '')}.csv`,
    csvOf([head, ...rows]),
  );
}

/** Lets the reader mark a stretch of time with the mouse. Without `escapeConnect` all charts of the page are drawn again. */
function selectByMouse(chart: Drawing): void {
  const action = { type: 'takeGlobalCursor', key: 'dataZoomSelect', dataZoomSelectActive: true };
  chart.dispatchAction({ ...action, escapeConnect: true });
}

function zoomed(event: unknown, onZoom: ChartProps['onZoom']): void {
  if (typeof event !== 'object' || event === null) return;
  const batch: unknown = Reflect.get(event, 'batch');
  const first: unknown = Array.isArray(batch) ? batch[0] : event;
  if (typeof first !== 'object' || first === null) return;
  const [from, to]: unknown[] = [Reflect.get(first, 'startValue'), Reflect.get(first, 'endValue')];
  if (typeof from === 'number' && typeof to === 'number' && to > from) onZoom?.(fromWallClock(from), fromWallClock(to));
}
