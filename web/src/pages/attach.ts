/** Attaches a controller to every element that carries its data- attribute, now and after htmx. */
export type Controller = (element: HTMLElement) => void;

const attached = new WeakMap<HTMLElement, Set<string>>();

/** *name* is the attribute without `data-`; each element is given to *controller* once. */
export function attach(name: string, controller: Controller): void {
  const visit = (root: ParentNode): void => {
    const inside = Array.from(root.querySelectorAll<HTMLElement>(`[data-${name}]`));
    const own = root instanceof HTMLElement && root.matches(`[data-${name}]`) ? [root] : [];
    for (const element of [...own, ...inside]) {
      const known = attached.get(element) ?? new Set<string>();
      if (known.has(name)) continue;
      attached.set(element, known.add(name));
      controller(element);
    }
  };
  visit(document);
  document.addEventListener("htmx:load", (event) => {
    if (event.target instanceof Element) visit(event.target);
  });
}
