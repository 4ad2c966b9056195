/** What keys do while the view has the focus. */

/** Lets each key do what is said of it; keys that come with Ctrl, Alt or Meta are the browser's. */
export function keysOf(view: HTMLElement, actions: Readonly<Record<string, () => void>>): void {
  view.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  });
}
