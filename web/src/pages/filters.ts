/** The tools above a list: ticking a choice asks at once, typing asks after a pause. */
import { attach } from "./attach.ts";

const PAUSE_MS = 350;

function send(form: HTMLFormElement): void {
  form.requestSubmit();
}

function onlyOneOpen(form: HTMLFormElement): void {
  const drops = Array.from(form.querySelectorAll<HTMLDetailsElement>("[data-drop]"));
  for (const drop of drops) {
    drop.addEventListener("toggle", () => {
      if (!drop.open) return;
      for (const other of drops) if (other !== drop) other.open = false;
      drop.querySelector<HTMLElement>("input")?.focus();
    });
  }
}

document.addEventListener("click", (event) => {
  for (const drop of document.querySelectorAll<HTMLDetailsElement>("[data-drop][open]")) {
    if (event.target instanceof Node && !drop.contains(event.target)) drop.open = false;
  }
});

attach("filters", (element) => {
  const form = element as HTMLFormElement;
  onlyOneOpen(form);
  let timer = 0;
  form.addEventListener("change", (event) => {
    const from = event.target;
    if (from instanceof HTMLInputElement && ["checkbox", "radio", "date"].includes(from.type)) send(form);
  });
  form.querySelector("[data-search]")?.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => send(form), PAUSE_MS);
  });
});

/** An empty condition leaves no trace in the address. */
document.addEventListener("htmx:configRequest", (event) => {
  const { elt, parameters } = (event as CustomEvent<{ elt: Element; parameters: FormData }>).detail;
  if (!elt.matches("[data-filters]")) return;
  for (const [name, value] of Array.from(parameters.entries())) {
    if (value === "") parameters.delete(name);
  }
  forgetColumnsIfAll(elt, parameters);
});

function forgetColumnsIfAll(form: Element, parameters: FormData): void {
  const all = form.querySelectorAll('input[name="columns"]').length;
  if (parameters.getAll("columns").length === all) parameters.delete("columns");
}
