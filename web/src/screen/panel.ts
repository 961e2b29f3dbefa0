/** `<city-panel>`: the frame of a panel; reads its body and says how fresh it is. */
import { html, LitElement, nothing, type TemplateResult } from "lit";
import { age, moment, now } from "../clock.ts";
import type { PanelDeclaration, PanelReading } from "../contract.ts";
import type { Scope } from "../scope.ts";
import { getJson, withQuery, type RequestFailed } from "../http.ts";
import { LiveSource } from "../live-source.ts";
import { PANEL_KINDS } from "../panel-kinds.ts";
import type { Stream } from "../stream.ts";
import { text } from "../text.ts";

export class CityPanel extends LitElement {
  panel!: PanelDeclaration;
  screenName = "";
  scope!: Scope;
  stream: Stream | null = null;
  /** Settles when the first answer, good or bad, is on the screen. */
  readonly drawn: Promise<void>;
  #isDrawn: () => void = () => undefined;
  #source: LiveSource<PanelReading> | null = null;
  #ageing: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.drawn = new Promise((resolve) => (this.#isDrawn = resolve));
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const path = `/api/v1/screens/${encodeURIComponent(this.screenName)}/panels/${encodeURIComponent(this.panel.name)}`;
    this.#source = new LiveSource({
      read: (signal) => getJson<PanelReading>(withQuery(path, this.scope.query), signal),
      changed: () => this.requestUpdate(),
      isLive: () => this.scope.isLive,
      rhythm: this.panel,
      stream: this.stream,
    });
    this.scope.addEventListener("settled", this.#moved);
    this.scope.addEventListener("place", this.#moved);
    this.#ageing = setInterval(() => this.requestUpdate(), 15_000);
    this.#source.start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#source?.stop();
    clearInterval(this.#ageing);
    this.scope.removeEventListener("settled", this.#moved);
    this.scope.removeEventListener("place", this.#moved);
  }

  #moved = (): void => void this.#source?.reload();

  protected override updated(): void {
    if (this.#source?.reading.pending === false) this.#isDrawn();
  }

  protected override render(): TemplateResult {
    const { value, failure, pending } = this.#source?.reading ?? { value: null, failure: null, pending: true };
    this.dataset["kind"] = this.panel.kind;
    this.toggleAttribute("pending", pending && value !== null);
    const body = html`<div class="panel-body" aria-busy=${pending}>${this.#body(value, failure)}</div>`;
    if (this.panel.slot === "head") return body;
    const { href, title } = this.panel;
    return html`<section class="panel" aria-label=${title}>
      <header class="panel-head">
        <h2>${href ? html`<a href=${href}>${title}</a>` : title}</h2>
        ${value ? this.#freshness(value) : nothing}
      </header>
      ${body}
    </section>`;
  }

  /** The server knows each value's period, so it says what is stale; here stands how old it is. */
  #freshness({ at, quality, note, body }: PanelReading): TemplateResult {
    const since = at === null ? "" : text("as-of", { time: moment(at) });
    if (quality === "stale" && at !== null) {
      return html`<span class="panel-note age" title=${since}>${age(at)}</span>`;
    }
    const remark = quality === "good" ? PANEL_KINDS.get(this.panel.kind)?.remark?.(body) : null;
    return html`<span class="panel-note" title=${since}>${remark ?? (note || since)}</span>`;
  }

  #body(reading: PanelReading | null, failure: RequestFailed | null): TemplateResult {
    if (failure) return this.#unavailable(failure.detail, failure.kind === "signed-out", text(failure.kind));
    if (!reading) return html`<div class="skeleton" role="status" aria-label=${text("loading")}></div>`;
    if (reading.quality === "unavailable") return this.#unavailable(reading.note ?? null, false, text("unavailable"));
    const kind = PANEL_KINDS.get(this.panel.kind);
    if (!kind) return this.#unavailable(this.panel.kind, false, text("unavailable"));
    return kind.render(reading.body, { panel: this.panel, today: this.scope.at ? Date.parse(this.scope.at) : now() });
  }

  #unavailable(detail: string | null, signedOut: boolean, said: string): TemplateResult {
    return html`<div class="unavailable" role="status">
      <b>${said}</b>
      ${detail ? html`<span>${detail}</span>` : nothing}
      ${signedOut
        ? html`<a class="button" href="/">${text("sign-in")}</a>`
        : html`<button type="button" class="button" @click=${this.#moved}>${text("retry")}</button>`}
    </div>`;
  }
}

customElements.define("city-panel", CityPanel);

declare global {
  interface HTMLElementTagNameMap {
    "city-panel": CityPanel;
  }
}
