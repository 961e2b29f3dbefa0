import type { TemplateResult } from "lit";
import type { PanelDeclaration } from "./contract.ts";

export interface PanelContext {
  readonly panel: PanelDeclaration;
  /** The instant ages are counted from: now, or the replayed instant. */
  readonly today: number;
}

/** How one kind of panel draws its body. One file per kind; kinds never import one another. */
export interface PanelKind<Body> {
  readonly kind: string;
  render(body: Body, context: PanelContext): TemplateResult;
  /** What stands in the head of the panel instead of the server's note. */
  remark?(body: Body): TemplateResult | null;
}
