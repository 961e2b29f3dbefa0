/**
 * `<div ${styled({ left: "3px" })}>`: sets styles one by one. Lit's own styleMap writes a style
 * attribute first, which a content policy without 'unsafe-inline' refuses.
 */
import { noChange } from "lit";
import { Directive, directive, type ElementPart } from "lit/directive.js";

type Styles = Readonly<Record<string, string>>;

class Styled extends Directive {
  render(_styles: Styles): typeof noChange {
    return noChange;
  }

  override update(part: ElementPart, [styles]: [Styles]): typeof noChange {
    const { style } = part.element as HTMLElement;
    for (const [name, value] of Object.entries(styles)) style.setProperty(name, value);
    return noChange;
  }
}

export const styled = directive(Styled);
