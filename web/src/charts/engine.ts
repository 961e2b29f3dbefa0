/** The parts of ECharts we use; loaded only when the first chart appears. */
import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

export type { BarSeriesOption, LineSeriesOption } from "echarts/charts";
export type { ECharts, EChartsCoreOption } from "echarts/core";
export type SeriesOption = import("echarts/charts").LineSeriesOption | import("echarts/charts").BarSeriesOption;

use([BarChart, LineChart, AriaComponent, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

export const openChart = (container: HTMLElement) =>
  init(container, null, { renderer: "canvas", useDirtyRect: false });
