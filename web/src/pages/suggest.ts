/** Suggestions for a field that takes a code: asked from the server while the user types. */
import { attach } from "./attach.ts";

const PAUSE_MS = 200;

attach("suggest", (element) => {
  const input = element as HTMLInputElement;
  let timer = 0;
  let asked: string | null = null;

  const ask = async (): Promise<void> => {
    const typed = input.value;
    if (typed === asked || !input.list) return;
    asked = typed;
    const address = `${input.dataset["suggest"] ?? ""}?${new URLSearchParams({ [input.name]: typed })}`;
    const answer = await fetch(address, { credentials: "same-origin" });
    if (answer.ok && typed === input.value) fill(input.list, await answer.text());
  };

  input.addEventListener("focus", () => void ask());
  input.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void ask(), PAUSE_MS);
  });
});

function fill(list: HTMLElement, html: string): void {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  list.replaceChildren(...Array.from(parsed.querySelectorAll("option")));
}
