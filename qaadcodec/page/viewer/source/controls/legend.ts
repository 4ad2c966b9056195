/** What the colours mean. */

import { short } from "../text.js";

/** A sentence, and a scale of colours where there is one. */
export interface Meaning {
  readonly text: string;
  readonly scale?: { readonly colours: readonly string[]; readonly end: number };
}

/** Shows it; nothing where there is nothing to say. */
export function legend(element: HTMLElement, meaning: Meaning | null): void {
  element.hidden = meaning === null;
  element.replaceChildren();
  if (meaning === null) return;
  if (meaning.scale !== undefined) {
    const { colours, end } = meaning.scale;
    const ramp = document.createElement("canvas");
    [ramp.width, ramp.height, ramp.className] = [120, 1, "ramp"];
    const context = ramp.getContext("2d")!;
    const gradient = context.createLinearGradient(0, 0, 120, 0);
    colours.forEach((colour, i) => gradient.addColorStop(i / (colours.length - 1), colour));
    context.fillStyle = gradient;
    context.fillRect(0, 0, 120, 1);
    element.append(text("0"), ramp, text(short(end)));
  }
  element.append(text(meaning.text, "means"));
}

function text(content: string, kind = ""): HTMLElement {
  const part = document.createElement("span");
  part.textContent = content;
  part.className = kind;
  return part;
}
