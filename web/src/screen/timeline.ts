/** `<city-timeline>`: warnings of the last day by colour; dragging it takes the screen back in time. */
import { html, LitElement, nothing, svg, type TemplateResult } from "lit";
import { styled } from "../styled.ts";
import { moment, now, timeOfDay } from "../clock.ts";
import { SEVERITIES, type Bucket, type Timeline } from "../contract.ts";
import type { Scope } from "../scope.ts";
import { getJson, withQuery } from "../http.ts";
import { LiveSource } from "../live-source.ts";
import { instantAt, shareOf } from "../replay.ts";
import type { Connection, Stream } from "../stream.ts";
import { text, type TextKey } from "../text.ts";

const HOURS = 24;
const RHYTHM = { refresh_seconds: 60, listens: [] };
const PLAY_MS = 1200;
const MARKS = 8;
const CONNECTIONS: Readonly<Record<Connection, TextKey>> = {
  connecting: "connecting",
  live: "live",
  reconnecting: "reconnecting",
  unavailable: "disconnected",
};

const total = (bucket: Bucket): number => SEVERITIES.reduce((sum, severity) => sum + bucket[severity], 0);

export class CityTimeline extends LitElement {
  screenName = "";
  scope!: Scope;
  stream!: Stream;
  #source: LiveSource<Timeline> | null = null;
  #player: ReturnType<typeof setInterval> | undefined;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.setAttribute("role", "region");
    this.setAttribute("aria-label", text("timeline"));
    const path = `/api/v1/screens/${encodeURIComponent(this.screenName)}/timeline?hours=${HOURS}`;
    this.#source = new LiveSource({
      read: (signal) => getJson<Timeline>(withQuery(path, { place: this.scope.place }), signal),
      changed: () => this.#changed(),
      isLive: () => this.scope.isLive,
      rhythm: RHYTHM,
      stream: null,
    });
    this.scope.addEventListener("time", this.#timeChanged);
    this.scope.addEventListener("place", this.#placeChanged);
    this.stream.addEventListener("change", this.#connectionChanged);
    document.addEventListener("keydown", this.#escaped);
    this.#source.start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#source?.stop();
    clearInterval(this.#player);
    this.scope.removeEventListener("time", this.#timeChanged);
    this.scope.removeEventListener("place", this.#placeChanged);
    this.stream.removeEventListener("change", this.#connectionChanged);
    document.removeEventListener("keydown", this.#escaped);
  }

  protected override render(): TemplateResult {
    const { value, failure } = this.#source?.reading ?? { value: null, failure: null };
    const { at, playing } = this.scope.replay;
    return html`
      <div class="timeline-lead">
        <button type="button" class="icon-button" ?disabled=${!value} aria-label=${text(playing ? "pause" : "play")}
          @click=${() => this.scope.step({ do: playing ? "pause" : "play" })}>
          <svg viewBox="0 0 16 16" aria-hidden="true">
            ${playing ? svg`<path d="M4 3h3v10H4zM9 3h3v10H9z"></path>` : svg`<path d="M4.5 2.5v11l9-5.5z"></path>`}
          </svg>
        </button>
        <span>${at === null ? text("timeline") : html`<b class="replay-at">${moment(at)}</b>`}</span>
      </div>
      ${value ? this.#track(value) : html`<p class="timeline-track nothing">${text(failure ? "unavailable" : "loading")}</p>`}
      <div class="timeline-live">${this.#live()}</div>
    `;
  }

  #live(): TemplateResult {
    if (!this.scope.isLive) {
      return html`<button type="button" class="button" @click=${() => this.scope.step({ do: "live" })}>${text("back-to-live")}</button>`;
    }
    const { connection } = this.stream;
    return html`<span class="connection" data-connection=${connection} role="status"><i></i>${text(CONNECTIONS[connection])}</span>`;
  }

  #track(timeline: Timeline): TemplateResult {
    const share = shareOf(timeline, this.scope.at);
    const shown = this.scope.at ?? timeline.to;
    return html`<div class="timeline-track" role="slider" tabindex="0" aria-label=${`${text("timeline")}: ${text("timeline-hint")}`}
      aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.round(share * 100)} aria-valuetext=${moment(shown)}
      @pointerdown=${this.#dragged} @pointermove=${this.#dragged} @keydown=${this.#keyed}>
      ${this.#bars(timeline)}
      <div class="timeline-marks" aria-hidden="true">${this.#marks(timeline)}</div>
      ${this.scope.isLive ? nothing : html`<div class="timeline-ahead" ${styled({ left: `${share * 100}%` })}></div>`}
      <div class="timeline-hand" ${styled({ left: `${share * 100}%` })}></div>
    </div>`;
  }

  #bars(timeline: Timeline): TemplateResult {
    const top = Math.max(...timeline.buckets.map(total), 1);
    const count = Math.max(timeline.buckets.length, 1);
    return html`<svg class="timeline-bars" viewBox="0 0 ${count} 100" preserveAspectRatio="none" aria-hidden="true">
      ${timeline.buckets.map((bucket, index) => {
        let y = 100;
        return [...SEVERITIES].reverse().map((severity) => {
          const height = (bucket[severity] / top) * 100;
          if (!height) return nothing;
          y -= height;
          return svg`<rect x=${index + 0.14} y=${y.toFixed(2)} width="0.72" height=${height.toFixed(2)} data-severity=${severity}></rect>`;
        });
      })}
    </svg>`;
  }

  #marks(timeline: Timeline): TemplateResult[] {
    const from = Date.parse(timeline.from);
    const span = Date.parse(timeline.to) - from;
    const gap = Math.max(1, Math.round(span / 3_600_000 / MARKS)) * 3_600_000;
    const first = Math.ceil(from / gap) * gap;
    const marks = [];
    for (let at = first; at < from + span * 0.985; at += gap) {
      marks.push(html`<span ${styled({ left: `${((at - from) / span) * 100}%` })}>${timeOfDay(at)}</span>`);
    }
    return marks;
  }

  #dragged = (event: PointerEvent): void => {
    const track = event.currentTarget as HTMLElement;
    const { value } = this.#source?.reading ?? {};
    if (!value || (event.type === "pointermove" && !event.buttons)) return;
    if (event.type === "pointerdown") track.setPointerCapture(event.pointerId);
    const box = track.getBoundingClientRect();
    const at = instantAt(value, (event.clientX - box.left) / box.width);
    this.scope.step(Date.parse(at) >= now() ? { do: "live" } : { do: "seek", at });
  };

  #keyed = (event: KeyboardEvent): void => {
    const buckets = { ArrowLeft: -1, ArrowRight: 1, PageUp: -4, PageDown: 4, Home: -1e6 }[event.key];
    if (buckets !== undefined) this.scope.step({ do: "move", buckets });
    else if (event.key === "End") this.scope.step({ do: "live" });
    else return;
    event.preventDefault();
  };

  #escaped = (event: KeyboardEvent): void => {
    if (event.key === "Escape" && !this.scope.isLive) this.scope.step({ do: "live" });
  };

  #changed(): void {
    const { value } = this.#source?.reading ?? {};
    if (value) this.scope.span = value;
    this.requestUpdate();
  }

  #placeChanged = (): void => void this.#source?.reload();
  #connectionChanged = (): void => this.requestUpdate();

  #timeChanged = (): void => {
    clearInterval(this.#player);
    if (this.scope.isLive) void this.#source?.reload();
    if (this.scope.replay.playing) {
      this.#player = setInterval(() => this.scope.step({ do: "move", buckets: 1 }), PLAY_MS);
    }
    this.requestUpdate();
  };
}

customElements.define("city-timeline", CityTimeline);
