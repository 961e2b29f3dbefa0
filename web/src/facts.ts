/** What a feature of the map says about itself, with the way to its record. */
import { html, nothing, type TemplateResult } from "lit";
import { age, moment } from "./clock.ts";
import type { LayerDeclaration } from "./contract.ts";
import type { Picked } from "./maps/ground.ts";
import { number } from "./numbers.ts";
import { text, type TextKey } from "./text.ts";

function fact(key: TextKey, shown: TemplateResult | string | null | undefined): TemplateResult | typeof nothing {
  return shown ? html`<div><dt>${text(key)}</dt><dd>${shown}</dd></div>` : nothing;
}

export function facts(picked: Picked, layer: LayerDeclaration | undefined, close: () => void): TemplateResult {
  const { properties, lon, lat } = picked;
  const { severity, value, unit, at } = properties;
  const hasValue = value !== null && value !== undefined;
  return html`<header class="facts-head">
      ${severity ? html`<span class="severity" data-severity=${severity}>${text(`${severity}-short`)}</span>` : nothing}
      <div>
        <h3>${properties.name}</h3>
        ${layer ? html`<p>${layer.title}</p>` : nothing}
      </div>
      <button type="button" class="icon-button" aria-label=${text("close")} @click=${close}>
        <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M4 4l8 8M12 4l-8 8" stroke="currentColor" stroke-width="1.6"></path></svg>
      </button>
    </header>
    ${hasValue ? html`<p class="facts-value">${number(value)}<small class="unit">${unit}</small></p>` : nothing}
    <dl class="facts-list">
      ${fact("code", properties.code)}
      ${fact("state", properties.state_title)}
      ${fact("severity", severity ? text(severity) : null)}
      ${fact("at", at ? html`${moment(at)} <span class="quiet">${age(at)}</span>` : null)}
      ${fact("location", `${lon.toFixed(5)}, ${lat.toFixed(5)}`)}
    </dl>
    ${properties.href ? html`<a class="button" href=${properties.href}>${text("open-record")}</a>` : nothing}`;
}
