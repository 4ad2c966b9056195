/** The state of the viewer: which cloud is shown, how it is coloured, and what is said of it. */

import { Box3, Vector3 } from "three";

import { legend, type Meaning } from "./controls/legend.js";
import type { Elements } from "./controls/elements.js";
import type { Clouds } from "./decoding/clouds.js";
import type { Decoder } from "./decoding/decoder.js";
import type { Opened, RowsOf, Shape, Wanted } from "./decoding/protocol.js";
import { byError, byPatch, byRow, plain, type Paint } from "./drawing/paint.js";
import type { Picture } from "./drawing/picture.js";
import { Ramp } from "./drawing/ramp.js";
import type { Screen } from "./drawing/screen.js";
import type { Stand } from "./drawing/stand.js";
import { sharesOf, type Notes } from "./notes.js";
import { fileNameOf, plyOf } from "./saving/ply.js";
import { save } from "./saving/save.js";
import { grouped, saying, short } from "./text.js";

/** What a cloud can be coloured by. */
export type Colouring = "clay" | "patch" | "row" | "error";

const [SHADED, READ] = [1, 0.55]; // how strongly a surface is shaded, and one whose colours are to be read
const SLOW = 130; // milliseconds of decoding from which on a part of the points is shown first
const FIRST_POINTS = 4096; // that part

/** What the viewer is made of; nothing is drawn where there is no picture. */
export interface Parts {
  readonly elements: Elements;
  readonly decoder: Decoder;
  readonly clouds: Clouds;
  readonly opened: Opened;
  readonly notes: Notes;
  readonly picture: Picture | null;
  readonly stand: Stand | null;
}

export class Viewer {
  index = 0;
  other = 0;
  share = 0;
  colouring: Colouring = "clay";
  aligned = true;
  screen: Screen | null = null;
  /** Is called when another cloud is shown. */
  changed: () => void = () => {};
  private shape: Shape | null = null;
  private turn = 0; // how many times another cloud was wanted
  private shown = 0; // the turn of the one that is shown
  private milliseconds = 0;
  private rows: Promise<RowsOf> | null = null;
  private readonly paints = new Map<string, Paint>();
  private readonly ramp: Ramp;

  constructor(private readonly parts: Parts) {
    this.ramp = new Ramp(parts.notes.ramp);
    this.other = Math.min(1, this.count - 1);
  }

  /** N. */
  get count(): number {
    return this.parts.opened.names.length;
  }

  /** What is shown, or will be. */
  wanted(index = this.index, share = 0): Wanted {
    return { index, other: this.other, share, points: null, aligned: this.aligned };
  }

  /** Shows a cloud, as itself. */
  show(index: number): void {
    this.index = Math.min(Math.max(Math.round(index), 0), this.count - 1);
    this.share = 0;
    this.update();
  }

  /** Shows a share of the way to another cloud. */
  morph(other: number, share: number): void {
    this.other = Math.min(Math.max(Math.round(other) || 0, 0), this.count - 1);
    this.share = Math.min(Math.max(Math.round(100 * share), 0), 100) / 100; // what the slider can say
    this.update();
  }

  /** Shows the clouds where they lie, or as they were aligned. */
  align(aligned: boolean): void {
    this.aligned = aligned;
    this.shape = null; // it may lie elsewhere: look there
    this.update();
  }

  /** Colours the clouds by something else. */
  colour(colouring: Colouring): void {
    this.colouring = colouring;
    if (this.shape !== null) void this.put(this.shape);
  }

  /** Saves what is shown, in the units of the input and where it lies. */
  async saveCloud(): Promise<void> {
    const { decoder, opened } = this.parts;
    const names = [this.index, this.other].map((i) => fileNameOf(opened.names[i]));
    const name = this.share === 0 ? names[0] : `${names[0]}-${names[1]}-${Math.round(100 * this.share)}`;
    try {
      const positions = await decoder.call("positions", { ...this.wanted(this.index, this.share), aligned: false });
      save(plyOf(positions), `${name}.ply`);
    } catch (error) {
      this.complain(`This cloud could not be decoded: ${saying(error)}.`);
    }
  }

  /** Says what is wrong; nothing where there is nothing. */
  complain(text: string | null): void {
    const { message } = this.parts.elements;
    message.hidden = text === null;
    message.textContent = text;
  }

  private update(): void {
    const turn = ++this.turn;
    this.changed();
    const wanted = this.wanted(this.index, this.share);
    const known = this.parts.clouds.known(wanted);
    if (known !== undefined) {
      void this.put(known, turn);
      this.parts.clouds.want(wanted, () => {}, () => {}); // it is the one used last
      return;
    }
    this.parts.elements.view.setAttribute("aria-busy", "true");
    const slow = this.milliseconds > SLOW && this.parts.opened.summary.points > 2 * FIRST_POINTS;
    this.ask(slow ? { ...wanted, points: FIRST_POINTS } : wanted, turn);
  }

  private ask(wanted: Wanted, turn: number): void {
    this.parts.clouds.want(
      wanted,
      (shape) => {
        if (shape.wanted.points === null && shape.wanted.share === 0) this.milliseconds = shape.milliseconds;
        void this.put(shape, turn);
        if (wanted.points !== null && turn === this.turn) this.ask({ ...wanted, points: null }, turn);
      },
      (error) => this.complain(`Cloud ${wanted.index} could not be decoded: ${saying(error)}.`),
    );
  }

  /** Draws a shape in its colours, once these are known; unless one that was wanted later has come before it. */
  private async put(shape: Shape, turn = this.turn): Promise<void> {
    if (turn < this.shown) return;
    this.shown = turn;
    const { elements, picture, stand } = this.parts;
    const first = this.shape === null;
    this.shape = shape;
    const [paint, meaning] = await this.painted(shape);
    if (this.shape !== shape) return;
    if (picture !== null && stand !== null) {
      picture.contrast = this.colouring === "clay" ? SHADED : READ;
      picture.show(shape, paint);
      stand.frame(shape, this.bounds());
      if (first) stand.reset();
    }
    legend(elements.legend, meaning);
    elements.told.replaceChildren(...this.telling(shape));
    elements.view.dataset.cloud = String(shape.wanted.index);
    elements.view.dataset.points = String(shape.rows.length);
    elements.view.setAttribute("aria-busy", String(shape.wanted.points !== null));
    this.screen?.change();
  }

  /** The corners of all clouds, in the units of shapes. */
  private bounds(): Box3 {
    const { bounds, offset, scale } = this.parts.opened.summary;
    const [low, high] = bounds.map((corner) => new Vector3(...corner).sub(new Vector3(...offset)).divideScalar(scale));
    return new Box3(low, high);
  }

  private telling({ wanted: { index, other, share }, rows, milliseconds }: Shape): HTMLElement[] {
    const { names, kernel } = this.parts.opened;
    const title = document.createElement("strong");
    title.textContent = share === 0 ? names[index] : `${names[index]} → ${names[other]}, ${Math.round(100 * share)} %`;
    const about = document.createElement("span");
    const error = share === 0 ? this.parts.notes.errors[index] : null;
    const without = kernel === "wasm" ? "" : " without WebAssembly";
    const parts = [`${grouped(rows.length)}\u00a0points`, `decoded in ${Math.round(milliseconds)}\u00a0ms${without}`];
    if (typeof error === "number") parts.push(`nEM-kD\u00a0${short(100 * error)}\u00a0%`);
    about.textContent = parts.join(" · ");
    return [title, about];
  }

  private async painted(shape: Shape): Promise<[Paint, Meaning | null]> {
    if (this.colouring === "error") return this.paintedByError(shape);
    const key = `${this.colouring} ${shape.rows.length}`; // the rows of so many points are always the same
    const known = this.paints.get(key);
    const paint = known ?? (await this.paintedByRow(shape));
    if (known === undefined && this.paints.size > 8) this.paints.clear();
    this.paints.set(key, paint);
    const patches = grouped(this.parts.opened.summary.patches);
    const texts: Record<string, string> = {
      patch: `each of the ${patches} patches, which have networks' heads of their own, in one colour`,
      row: "a point keeps its colour in every cloud: points of one colour correspond",
    };
    return [paint, this.colouring in texts ? { text: texts[this.colouring] } : null];
  }

  private async paintedByRow(shape: Shape): Promise<Paint> {
    if (this.colouring === "clay") return plain(shape);
    const rows = await (this.rows ??= this.parts.decoder.call("rows", null));
    return this.colouring === "patch" ? byPatch(shape, rows.patches) : byRow(shape, rows.reference);
  }

  private async paintedByError(shape: Shape): Promise<[Paint, Meaning]> {
    const { points, errors, ramp } = this.parts.notes;
    const { index, share } = shape.wanted;
    if (share !== 0) return [plain(shape), { text: "between two clouds there is no original, and so no error" }];
    const shares = await sharesOf(points, index);
    if (shares !== null) {
      const text = "distance to the original's surface, input units";
      return [byError(shape, shares, this.ramp), { text, scale: { colours: ramp, end: points!.end } }];
    }
    const error = errors[index];
    if (typeof error !== "number") return [plain(shape), { text: "the error of this cloud is not known" }];
    const largest = Math.max(...Object.values(errors).map((each) => each ?? 0)) || 1;
    const text = "nEM-kD of the whole cloud, %; there was no room for the errors of its points";
    return [plain(shape, this.ramp.at(error / largest)), { text, scale: { colours: ramp, end: 100 * largest } }];
  }
}
