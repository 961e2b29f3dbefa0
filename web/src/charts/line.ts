/** Options of the line chart: series over time, an expected band, one axis with its unit. */
import type { EChartsCoreOption, SeriesOption } from "./engine.ts";
import { moment, timeOfDay } from "../clock.ts";
import type { Sample, Series } from "../contract.ts";
import { number, withUnit } from "../numbers.ts";
import { axisText, tooltipBox, type ChartInk } from "./ink.ts";

export interface LineBody {
  readonly series: readonly (Series & { readonly dashed?: boolean })[];
  readonly unit: string;
  /** Expected range: [instant, low, high]. */
  readonly band?: readonly (readonly [at: string, low: number, high: number])[] | null;
}

/** A band is two stacked areas: an unseen one up to the low edge, a filled one above it. */
function bandSeries(band: NonNullable<LineBody["band"]>, ink: ChartInk): SeriesOption[] {
  const area = (points: readonly Sample[], color: string): SeriesOption => ({
    type: "line",
    stack: "band",
    silent: true,
    symbol: "none",
    lineStyle: { width: 0 },
    areaStyle: { color, opacity: 1 },
    tooltip: { show: false },
    data: points as unknown as (string | number)[][],
    z: 1,
  });
  return [
    area(band.map(([at, low]) => [at, low]), "transparent"),
    area(band.map(([at, low, high]) => [at, high - low]), ink.band),
  ];
}

export function lineOption(body: LineBody, ink: ChartInk): EChartsCoreOption {
  const many = body.series.length > 1;
  const lines = body.series.map((series, index): SeriesOption => {
    const colour = ink.series[index % ink.series.length] ?? ink.text;
    return {
      type: "line",
      name: series.title,
      data: series.points as unknown as (string | number)[][],
      showSymbol: false,
      color: colour,
      connectNulls: false,
      z: 10 - index,
      lineStyle: { width: index ? ink.hair * 1.2 : ink.hair * 1.8, type: series.dashed ? "dashed" : "solid" },
      areaStyle: index ? { opacity: 0 } : { color: colour, opacity: 0.09 },
      emphasis: { disabled: true },
    };
  });
  return {
    animation: false,
    grid: { left: 2, right: ink.rem * 0.9, top: many ? ink.rem * 2.1 : ink.rem * 1.4, bottom: 2, containLabel: true },
    legend: many
      ? { top: 0, right: 0, icon: "roundRect", itemWidth: ink.rem * 0.75, itemHeight: ink.hair * 2, ...axisText(ink), data: body.series.map((series) => series.title) }
      : { show: false },
    tooltip: {
      ...tooltipBox(ink),
      trigger: "axis",
      axisPointer: { lineStyle: { color: ink.lineStrong, width: ink.hair } },
      valueFormatter: (value: unknown) => withUnit(value as number, body.unit),
    },
    xAxis: {
      type: "time",
      axisLine: { lineStyle: { color: ink.line } },
      axisTick: { show: false },
      splitLine: { show: false },
      axisLabel: { ...axisText(ink).textStyle, hideOverlap: true, formatter: (at: number) => timeOfDay(at) },
      axisPointer: { label: { formatter: ({ value }: { value: number }) => moment(value) } },
    },
    yAxis: {
      type: "value",
      name: body.unit,
      nameTextStyle: { ...axisText(ink).textStyle, align: "left", padding: 0 },
      nameGap: ink.rem * 0.5,
      scale: true,
      splitNumber: 4,
      axisLabel: { ...axisText(ink).textStyle, hideOverlap: true, formatter: (value: number) => number(value) },
      splitLine: { lineStyle: { color: ink.grid } },
    },
    series: [...(body.band?.length ? bandSeries(body.band, ink) : []), ...lines],
  };
}
