import { BarChart, LineChart } from 'echarts/charts';
import {
  AriaComponent,
  DataZoomComponent,
  GridComponent,
  MarkAreaComponent,
  ToolboxComponent,
  TooltipComponent,
} from 'echarts/components';
import { connect, init, use } from 'echarts/core';
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
  // With it the picture takes the width of the paper when it is printed (print.css).
  chart.on('rendered', () =>
    element.querySelector('svg')?.setAttribute('viewBox', `0 0 ${chart.getWidth()} ${chart.getHeight()}`),
  );
  chart.group = 'page';
  connect('page');
  return chart;
}

export type Drawing = ReturnType<typeof startChart>;
