/** The elements of the page that the script uses, by their ids. */

/** The kind of each; a function, because a worker, which has the same script, has no elements. */
const kinds = () =>
  ({
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
  }) as const;

type Kinds = ReturnType<typeof kinds>;

export type Elements = { readonly [Id in keyof Kinds]: InstanceType<Kinds[Id]> };

/** All of them; an Error where the page lacks one. */
export function elementsOf(document: Document): Elements {
  const found = Object.entries(kinds()).map(([id, kind]) => {
    const element = document.getElementById(id);
    if (!(element instanceof kind)) throw new Error(`the page has no ${id}`);
    return [id, element];
  });
  return Object.fromEntries(found) as Elements;
}
