/** Keys of the case pages: a digit presses the move of that number, n begins a new case. */

function isTyping(target) {
  return target instanceof HTMLElement && target.closest("input, select, textarea") !== null;
}

function press(number) {
  const move = document.querySelectorAll(".moves > *")[number - 1];
  const details = move?.closest("details");
  if (details) {
    details.open = true;
    details.querySelector("input:not([type=hidden]), textarea")?.focus();
  } else {
    move?.querySelector("button")?.click();
  }
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (/^[1-9]$/.test(event.key)) press(Number(event.key));
  else document.querySelector(`[data-key="${CSS.escape(event.key)}"]`)?.click();
});
