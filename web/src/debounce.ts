export interface Debounced {
  (): void;
  cancel(): void;
}

/** Run *act* once, *ms* after the first call of a burst: a steady stream cannot starve it. */
export function debounce(act: () => void, ms: number): Debounced {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const call = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      act();
    }, ms);
  };
  return Object.assign(call, {
    cancel(): void {
      clearTimeout(timer);
      timer = undefined;
    },
  });
}
