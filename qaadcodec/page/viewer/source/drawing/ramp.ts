/** Colours of numbers from 0 to 1, and colours that tell things apart. sRGB, 0 to 255. */

export type Colour = readonly [number, number, number];

/** The clay of `qaad render`. */
export const CLAY: Colour = [220, 218, 214];

/** Colours between stops such as "#eceae4", evenly spaced. */
export class Ramp {
  private readonly stops: readonly Colour[];

  constructor(hexes: readonly string[]) {
    this.stops = hexes.map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)) as unknown as Colour);
  }

  /** @param value from 0 to 1; what is beyond counts as the end. */
  at(value: number): Colour {
    const place = Math.min(Math.max(value, 0), 1) * (this.stops.length - 1);
    const first = Math.min(Math.floor(place), this.stops.length - 2);
    const [from, to] = [this.stops[first], this.stops[first + 1]];
    return [0, 1, 2].map((i) => from[i] + (place - first) * (to[i] - from[i])) as unknown as Colour;
  }
}

/** A colour for each number, those of neighbours far apart: hues a golden angle from each other, of three lightnesses. */
export function distinct(number: number): Colour {
  return oklch([0.74, 0.62, 0.83][number % 3], 0.13, 2.399963 * number);
}

/** A colour for a place in a cube: lightness along y, the two others across. */
export function placed(x: number, y: number, z: number): Colour {
  const [a, b] = [0.32 * (x - 0.5), 0.32 * (z - 0.5)];
  return oklab(0.5 + 0.38 * y, a, b);
}

function oklch(lightness: number, chroma: number, hue: number): Colour {
  return oklab(lightness, chroma * Math.cos(hue), chroma * Math.sin(hue));
}

/** Oklab to sRGB (Ottosson 2020), what is outside clipped. */
function oklab(lightness: number, a: number, b: number): Colour {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  return linear.map((value) => {
    const light = Math.min(Math.max(value, 0), 1);
    return 255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055);
  }) as unknown as Colour;
}
