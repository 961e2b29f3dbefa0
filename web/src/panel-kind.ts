import type { TemplateResult } from "lit";
import type { PanelDeclaration } from "./contract.ts";

export interface PanelContext {
  readonly panel: PanelDeclaration;
  readonly replaying: boolean;
}

/** How one kind of panel draws its body. One file per kind; kinds never import one another. */
export interface PanelKind<Body> {
  readonly kind: string;
  render(body: Body, context: PanelContext): TemplateResult;
}
