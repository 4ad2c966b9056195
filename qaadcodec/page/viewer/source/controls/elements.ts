/** The elements of the page that the script uses, by their ids. */

const KINDS = {
  viewer: HTMLElement,
  stage: HTMLElement,
  view: HTMLElement,
  canvas: HTMLCanvasElement,
  told: HTMLElement,
  legend: HTMLElement,
  message: HTMLElement,
  controls: HTMLFieldSetElement,
  previous: HTMLButtonElement,
  play: HTMLButtonElement,
  next: HTMLButtonElement,
  slider: HTMLInputElement,
  place: HTMLOutputElement,
  colour: HTMLSelectElement,
  speed: HTMLSelectElement,
  up: HTMLSelectElement,
  aligned: HTMLInputElement,
  "aligned-label": HTMLElement,
  other: HTMLInputElement,
  share: HTMLInputElement,
  shared: HTMLOutputElement,
  reset: HTMLButtonElement,
  "save-cloud": HTMLButtonElement,
  "save-archive": HTMLButtonElement,
  search: HTMLInputElement,
  list: HTMLElement,
  found: HTMLElement,
  scheme: HTMLButtonElement,
  "viewer-script": HTMLScriptElement,
} as const;

export type Elements = { readonly [Id in keyof typeof KINDS]: InstanceType<(typeof KINDS)[Id]> };

/** All of them; an Error where the page lacks one. */
export function elementsOf(document: Document): Elements {
  const found = Object.entries(KINDS).map(([id, kind]) => {
    const element = document.getElementById(id);
    if (!(element instanceof kind)) throw new Error(`the page has no ${id}`);
    return [id, element];
  });
  return Object.fromEntries(found) as Elements;
}
