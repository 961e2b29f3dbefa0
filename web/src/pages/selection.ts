/** Ticked rows: all at once, a count, and the buttons that act on them. */
import { attach } from "./attach.ts";

attach("selection", (form) => {
  const ticks = (): HTMLInputElement[] =>
    Array.from(form.querySelectorAll<HTMLInputElement>('input[name="key"]'));
  const all = form.querySelector<HTMLInputElement>("[data-all]");
  const bulk = form.querySelector<HTMLElement>("[data-bulk]");
  const count = form.querySelector<HTMLElement>("[data-bulk-count]");

  form.addEventListener("change", (event) => {
    if (event.target === all) for (const tick of ticks()) tick.checked = all?.checked ?? false;
    const ticked = ticks().filter((tick) => tick.checked).length;
    if (all) all.indeterminate = ticked > 0 && ticked < ticks().length;
    if (bulk) bulk.hidden = ticked === 0;
    if (count) count.textContent = String(ticked);
  });
});
