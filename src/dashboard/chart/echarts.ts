import { BarChart, LineChart } from 'echarts/charts';
import {
  AriaComponent,
  DataZoomComponent,
  GridComponent,
  MarkAreaComponent,
  ToolboxComponent,
  TooltipComponent,
} from 'echarts/components';
import { connect, type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([
  BarChart,
  LineChart,
  AriaComponent,
  DataZoomComponent,
  GridComponent,
  MarkAreaComponent,
  ToolboxComponent,
  TooltipComponent,
  SVGRenderer,
]);

/** Starts a chart in an element. All charts of the page move the cursor together. */
export function startChart(element: HTMLElement) {
  const chart = init(element, null, { renderer: 'svg' });
  // With it the picture takes the width of the paper when it is printed (print.css). Without a new drawing, the text of
  // wide charts would be too small.
  chart.on('rendered', () =>
    element.querySelector('svg')?.setAttribute('viewBox', `0 0 ${chart.getWidth()} ${chart.getHeight()}`),
  );
  chart.group = 'page';
  connect('page');
  return chart;
}

export type Drawing = ReturnType<typeof startChart>;

/** The width of A4 paper without its margins, in CSS pixels. */
const paperWidth = 700;

/** Draws a chart again for paper. The browser prints before the next frame, so this does not wait for one. */
export function drawForPaper(chart: Drawing, option: EChartsCoreOption): void {
  chart.setOption(option, true);
  chart.resize({ width: paperWidth });
  chart.getZr().flush();
}
