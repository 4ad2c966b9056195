/** The list of the clouds' names, of which a search shows those that have its words. */

import { grouped } from "../text.js";

const MOST = 300; // names in the list; a search shows others

export class List {
  private shown: number[] = [];
  private chosen = 0;

  /**
   * @param names of all clouds.
   * @param beside what stands beside a name.
   * @param choose is called with the index of a cloud that was chosen.
   */
  constructor(
    private readonly parts: { list: HTMLElement; search: HTMLInputElement; found: HTMLElement },
    private readonly names: readonly string[],
    private readonly beside: (index: number) => string,
    private readonly choose: (index: number) => void,
  ) {
    parts.search.addEventListener("input", () => this.fill());
    parts.search.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && this.shown.length > 0) this.choose(this.shown[0]);
      if (event.key === "ArrowDown") parts.list.focus();
      if (event.key === "Enter" || event.key === "ArrowDown") event.preventDefault();
    });
    parts.list.addEventListener("click", (event) => {
      const option = (event.target as Element).closest<HTMLElement>("[role=option]");
      if (option !== null) this.choose(Number(option.dataset.index));
    });
    parts.list.addEventListener("keydown", (event) => this.key(event));
    this.fill();
  }

  /** Marks a cloud as the one that is shown. */
  mark(index: number): void {
    this.optionOf(this.chosen)?.setAttribute("aria-selected", "false");
    this.chosen = index;
    const option = this.optionOf(index);
    const { list } = this.parts;
    if (option === null) {
      list.removeAttribute("aria-activedescendant");
      return;
    }
    option.setAttribute("aria-selected", "true");
    list.setAttribute("aria-activedescendant", option.id);
    const [top, bottom] = [option.offsetTop, option.offsetTop + option.offsetHeight];
    if (top < list.scrollTop) list.scrollTop = top;
    else if (bottom > list.scrollTop + list.clientHeight) list.scrollTop = bottom - list.clientHeight;
  }

  private optionOf(index: number): HTMLElement | null {
    return this.parts.list.querySelector(`[data-index="${index}"]`);
  }

  private key(event: KeyboardEvent): void {
    const place = this.shown.indexOf(this.chosen);
    const last = this.shown.length - 1;
    const goals: Record<string, number> = {
      ArrowDown: Math.min(place + 1, last),
      ArrowUp: Math.max(place - 1, 0),
      Home: 0,
      End: last,
      PageDown: Math.min(place + 10, last),
      PageUp: Math.max(place - 10, 0),
    };
    const goal = goals[event.key];
    if (goal === undefined || last < 0) return;
    event.preventDefault();
    this.choose(this.shown[goal]);
  }

  /** Shows the names that have all words of the search, in any order. */
  private fill(): void {
    const words = this.parts.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const matching = this.names
      .map((name, index) => [`${index} ${name}`.toLowerCase(), index] as const)
      .filter(([text]) => words.every((word) => text.includes(word)))
      .map(([, index]) => index);
    this.shown = matching.slice(0, MOST);
    this.parts.list.replaceChildren(...this.shown.map((index) => this.option(index)));
    const rest = matching.length - this.shown.length;
    const all = words.length === 0 ? "" : `${grouped(matching.length)} of ${grouped(this.names.length)} clouds`;
    this.parts.found.textContent = rest > 0 ? `The first ${MOST} of ${grouped(matching.length)}: search for others` : all;
    this.mark(this.chosen);
  }

  private option(index: number): HTMLElement {
    const option = document.createElement("li");
    option.id = `cloud-${index}`;
    option.dataset.index = String(index);
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    for (const [kind, text] of [["at", String(index)], ["name", this.names[index]], ["beside", this.beside(index)]]) {
      const part = document.createElement("span");
      part.className = kind;
      part.textContent = text;
      option.append(part);
    }
    return option;
  }
}
