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
  chart.group = 'page';
  connect('page');
  return chart;
}

export type Drawing = ReturnType<typeof startChart>;
