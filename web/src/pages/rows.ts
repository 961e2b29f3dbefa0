/** Rows of a list: j and k move, enter opens, a click shows the side panel, escape closes it. */
import htmx from "htmx.org";
import { attach } from "./attach.ts";

const rows = (): HTMLTableRowElement[] =>
  Array.from(document.querySelectorAll<HTMLTableRowElement>("[data-list] tr[data-address]"));

function show(row: HTMLTableRowElement): void {
  for (const other of rows()) other.classList.toggle("is-at", other === row);
  row.scrollIntoView({ block: "nearest" });
  void htmx.ajax("get", row.dataset["address"] ?? "", { target: "#aside", swap: "innerHTML" });
}

function close(): void {
  document.querySelector("#aside")?.replaceChildren();
  for (const row of rows()) row.classList.remove("is-at");
}

function move(step: number): void {
  const all = rows();
  const at = all.findIndex((row) => row.classList.contains("is-at"));
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  if (next) show(next);
}

const KEYS: Readonly<Record<string, () => void>> = {
  j: () => move(1),
  k: () => move(-1),
  Escape: close,
  Enter: () => {
    const address = document.querySelector<HTMLElement>("tr.is-at")?.dataset["address"];
    if (address) window.location.assign(address);
  },
  "/": () => document.querySelector<HTMLInputElement>("[data-search]")?.focus(),
};

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, select, textarea, button, a, summary") !== null;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key !== "Escape" && isTyping(event.target)) return;
  const act = KEYS[event.key];
  if (!act || !document.querySelector("[data-list]")) return;
  event.preventDefault();
  act();
});

attach("list", (list) => {
  list.addEventListener("click", (event) => {
    if (!(event.target instanceof Element) || isTyping(event.target)) return;
    if (event.target.closest(".tickbox")) return;
    const row = event.target.closest<HTMLTableRowElement>("tr[data-address]");
    if (row) show(row);
  });
});

attach("close", (button) => button.addEventListener("click", close));
