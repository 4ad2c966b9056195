/** The switch between the colours of the system, light ones and dark ones. */

const SCHEMES = [
  ["", "as the system"],
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
    button.textContent = `Colours: ${name}`;
  });
}
