/**
 * The one chart of screens and pages.
 *
 *     <city-chart kind="line" src="/api/v1/…" label="…"></city-chart>
 *
 * With `src` it reads `{series, unit, band?}` (or a panel answer holding that as `body`); inside a
 * panel the body is set directly. ECharts is fetched when the first chart comes into view.
 */
import { html, LitElement, nothing, type TemplateResult } from "lit";
import type { ECharts, EChartsCoreOption } from "./charts/engine.ts";
import { columnsOption } from "./charts/columns.ts";
import { chartInk, type ChartInk } from "./charts/ink.ts";
import { lineOption } from "./charts/line.ts";
import { getJson, RequestFailed } from "./http.ts";
import { text } from "./text.ts";

type Drawing = (body: never, ink: ChartInk) => EChartsCoreOption;

const DRAWINGS: Readonly<Record<string, Drawing>> = { line: lineOption, columns: columnsOption };

export class CityChart extends LitElement {
  static override properties = {
    kind: {},
    src: {},
    label: {},
    body: { attribute: false },
    failure: { state: true },
  };
  declare kind: string;
  declare src: string | null;
  declare label: string;
  declare body: object | null;
  declare failure: RequestFailed | null;
  #chart: ECharts | null = null;
  #resized: ResizeObserver | null = null;
  #aborter: AbortController | null = null;

  constructor() {
    super();
    this.kind = "line";
    this.src = null;
    this.label = "";
    this.body = null;
    this.failure = null;
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized?.disconnect();
    this.#aborter?.abort();
    this.#chart?.dispose();
    this.#chart = null;
  }

  protected override render(): TemplateResult {
    return html`<div class="chart-canvas" role="img" aria-label=${this.label || nothing} ?hidden=${this.failure !== null}></div>
      ${this.failure ? html`<p class="nothing">${this.failure.detail ?? text(this.failure.kind)}</p>` : nothing}`;
  }

  protected override updated(changed: Map<string, unknown>): void {
    if (changed.has("src") && this.src) void this.#read(this.src);
    if (this.body) void this.#draw();
  }

  async #read(address: string): Promise<void> {
    this.#aborter?.abort();
    const aborter = new AbortController();
    this.#aborter = aborter;
    try {
      const answer = await getJson<{ body?: object }>(address, aborter.signal);
      this.failure = null;
      this.body = answer.body ?? answer;
    } catch (error) {
      if (aborter.signal.aborted) return;
      if (!(error instanceof RequestFailed)) throw error;
      this.body = null;
      this.failure = error;
    }
  }

  async #draw(): Promise<void> {
    const container = this.querySelector<HTMLElement>(".chart-canvas");
    const drawing = DRAWINGS[this.kind];
    if (!container || !drawing || !this.body) return;
    const { openChart } = await import("./charts/engine.ts");
    if (!this.isConnected || !container.clientHeight) return this.#watch(container);
    this.#chart ??= openChart(container);
    this.#chart.setOption(drawing(this.body as never, chartInk()), { notMerge: true });
    this.#watch(container);
  }

  #watch(container: HTMLElement): void {
    if (this.#resized || !this.isConnected) return;
    let width = container.clientWidth;
    let height = container.clientHeight;
    this.#resized = new ResizeObserver(() => {
      if (width === container.clientWidth && height === container.clientHeight) return;
      width = container.clientWidth;
      height = container.clientHeight;
      this.#chart?.resize();
      void this.#draw();
    });
    this.#resized.observe(container);
  }
}

customElements.define("city-chart", CityChart);

declare global {
  interface HTMLElementTagNameMap {
    "city-chart": CityChart;
  }
}
