/** Options of the column chart: counts by hour with an optional line over them. */
import type { EChartsCoreOption } from "./engine.ts";
import { timeOfDay } from "../clock.ts";
import { number } from "../numbers.ts";
import { axisText, tooltipBox, type ChartInk } from "./ink.ts";

export interface ColumnsBody {
  readonly times: readonly string[];
  readonly counts: readonly (number | null)[];
  readonly line?: readonly (number | null)[];
  readonly counts_title?: string;
  readonly line_title?: string;
}

/** Hours of a day as they are; instants as the time of day. */
const hour = (time: string): string => (/^\d{4}-/.test(time) ? timeOfDay(time).replace(/:00$/, "") : time);

export function columnsOption(body: ColumnsBody, ink: ChartInk): EChartsCoreOption {
  return {
    animation: false,
    grid: { left: 2, right: 4, top: ink.rem * 0.6, bottom: 2, containLabel: true },
    tooltip: { ...tooltipBox(ink), trigger: "axis", valueFormatter: (value: unknown) => number(value as number) },
    xAxis: {
      type: "category",
      data: body.times.map(hour),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: ink.line } },
      axisLabel: { ...axisText(ink).textStyle, hideOverlap: true },
    },
    yAxis: {
      type: "value",
      splitNumber: 2,
      minInterval: 1,
      axisLabel: { ...axisText(ink).textStyle, formatter: (value: number) => number(value) },
      splitLine: { lineStyle: { color: ink.grid } },
    },
    series: [
      {
        type: "bar",
        ...(body.counts_title ? { name: body.counts_title } : {}),
        data: [...body.counts],
        barWidth: "46%",
        itemStyle: { color: ink.series[0] ?? ink.text, borderRadius: [ink.hair * 2, ink.hair * 2, 0, 0] },
      },
      ...(body.line?.length
        ? [
            {
              type: "line" as const,
              ...(body.line_title ? { name: body.line_title } : {}),
              data: [...body.line],
              symbol: "none",
              color: ink.good,
              lineStyle: { width: ink.hair * 1.6 },
            },
          ]
        : []),
    ],
  };
}
