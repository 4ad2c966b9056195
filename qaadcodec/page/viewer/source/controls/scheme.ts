/** The switch between the colour scheme of the system, the light one and the dark one. */

const SCHEMES = [
  ["", "system"],
  ["light", "light"],
  ["dark", "dark"],
] as const;

/** Lets a button go through the three. */
export function schemeSwitch(button: HTMLButtonElement): void {
  let chosen = 0;
  button.hidden = false;
  button.addEventListener("click", () => {
    chosen = (chosen + 1) % SCHEMES.length;
    const [scheme, name] = SCHEMES[chosen];
    document.documentElement.dataset.scheme = scheme;
    button.textContent = `Scheme: ${name}`;
  });
}
