/** The frame of every page: the menu of a narrow screen, files dropped, forms sent once. */
import { attach } from "./attach.ts";

attach("menu", (button) => {
  const menu = document.querySelector<HTMLElement>("#navigation");
  const set = (open: boolean): void => {
    menu?.classList.toggle("is-open", open);
    button.setAttribute("aria-expanded", String(open));
  };
  button.addEventListener("click", () => set(button.getAttribute("aria-expanded") !== "true"));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") set(false);
  });
});

attach("busy", (form) => {
  form.addEventListener("submit", () => {
    for (const button of form.querySelectorAll("button")) button.disabled = true;
    form.setAttribute("aria-busy", "true");
  });
});

attach("dropzone", (zone) => {
  const input = zone.querySelector<HTMLInputElement>('input[type="file"]');
  const name = zone.querySelector<HTMLElement>("[data-file-name]");
  const show = (): void => {
    const chosen = input?.files?.[0];
    if (name && chosen) name.textContent = chosen.name;
  };
  input?.addEventListener("change", show);
  const mark = (over: boolean) => (event: DragEvent) => {
    event.preventDefault();
    zone.classList.toggle("is-over", over);
  };
  zone.addEventListener("dragover", mark(true));
  zone.addEventListener("dragleave", mark(false));
  zone.addEventListener("drop", (event) => {
    mark(false)(event);
    if (input && event.dataTransfer?.files.length) input.files = event.dataTransfer.files;
    show();
  });
});
