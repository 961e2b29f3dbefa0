/** The layers by group, each with a switch. */
import { html, type TemplateResult } from "lit";
import type { LayerDeclaration } from "../contract.ts";
import { text } from "../text.ts";

export function grouped(layers: readonly LayerDeclaration[]): Map<string, LayerDeclaration[]> {
  const groups = new Map<string, LayerDeclaration[]>();
  for (const layer of layers) groups.set(layer.group, [...(groups.get(layer.group) ?? []), layer]);
  return groups;
}

export function layerTree(
  layers: readonly LayerDeclaration[],
  shown: ReadonlySet<string>,
  toggle: (name: string) => void,
): TemplateResult {
  const row = (layer: LayerDeclaration): TemplateResult => html`<li>
    <label>
      <input type="checkbox" .checked=${shown.has(layer.name)} @change=${() => toggle(layer.name)} />
      <i class="layer-mark" data-kind=${layer.kind} data-color-by=${layer.color_by}></i>
      <span>${layer.title}</span>
    </label>
  </li>`;
  return html`<div class="layer-tree" role="group" aria-label=${text("layers")}>
    ${[...grouped(layers)].map(
      ([group, members]) => html`<section><h2>${group}</h2><ul>${members.map(row)}</ul></section>`,
    )}
  </div>`;
}
