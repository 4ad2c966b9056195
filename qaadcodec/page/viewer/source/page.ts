/** Puts the viewer together in the page, and lets every control act on it. */

import { elementsOf, type Elements } from "./controls/elements.js";
import { keysOf } from "./controls/keys.js";
import { List } from "./controls/list.js";
import { schemeSwitch } from "./controls/scheme.js";
import { Clouds } from "./decoding/clouds.js";
import { decoderFor } from "./decoding/decoder.js";
import { bytesOf } from "./decoding/base64.js";
import type { Opened } from "./decoding/protocol.js";
import { Picture } from "./drawing/picture.js";
import { Screen } from "./drawing/screen.js";
import { Stand } from "./drawing/stand.js";
import { notesOf, originOf, type Notes } from "./notes.js";
import { Player } from "./player.js";
import { fileNameOf } from "./saving/ply.js";
import { save } from "./saving/save.js";
import { grouped, saying } from "./text.js";
import { Viewer, type Colouring } from "./viewer.js";

const COLOURINGS: readonly (readonly [Colouring, string])[] = [
  ["clay", "Clay"],
  ["patch", "Patches"],
  ["row", "Correspondence"],
  ["error", "Error"],
];
const TURN = Math.PI / 24; // of a key
const CLOSER = 0.85;

/** Starts the viewer. Whatever fails is told in the page, and all that does not depend on it goes on. */
export async function start(): Promise<void> {
  const elements = elementsOf(document);
  const notes = notesOf(document);
  schemeSwitch(elements.scheme);
  elements.viewer.hidden = false;
  elements.told.textContent = "Opening the archive …";
  elements["save-archive"].addEventListener("click", () => saveArchive(notes));
  const decoder = await decoderFor(elements["viewer-script"].textContent);
  const origin = originOf(document, notes);
  let opened: Opened;
  try {
    opened = await decoder.call("open", origin);
  } catch (error) {
    elements.told.textContent = "";
    elements.message.hidden = false;
    elements.message.textContent = unopened(error, origin);
    return;
  }
  const [picture, lack] = pictureFor(elements.canvas);
  const clouds = new Clouds(decoder);
  let moved = (): void => {};
  const stand = picture && new Stand(picture.camera, picture.points, elements.view, () => moved());
  const viewer = new Viewer({ elements, decoder, clouds, opened, notes, picture, stand });
  const player = new Player(clouds, viewer.count, (index) => viewer.wanted(index), (index) => viewer.show(index));
  const screen = new Screen(picture, (now) => {
    player.tick(now, viewer.index, Number(elements.speed.value));
    if (player.playing) screen.change(true);
    return player.playing;
  });
  viewer.screen = screen;
  moved = () => screen.change(true);
  if (picture !== null) fit(elements, picture, screen);
  if (lack !== null) viewer.complain(`The clouds cannot be drawn: ${lack}. They can be saved all the same.`);
  else if (notes.link !== null && opened.summary.bytes !== notes.bytes) {
    const sizes = `${grouped(opened.summary.bytes)} bytes, and the tables are of one of ${grouped(notes.bytes)}`;
    viewer.complain(`The archive at ${notes.link} is another one: it has ${sizes}.`);
  }
  control(elements, viewer, player, { stand, screen, opened, notes });
  elements.controls.disabled = false;
  if (!followed(viewer)) viewer.show(0);
}

/** The picture, or why there is none. */
function pictureFor(canvas: HTMLCanvasElement): [Picture, null] | [null, string] {
  try {
    return [new Picture(canvas), null];
  } catch (error) {
    return [null, saying(error)];
  }
}

/** Keeps the canvas as large as its place in the page. */
function fit({ view }: Elements, picture: Picture, screen: Screen): void {
  const resize = (): void => {
    picture.resize(view.clientWidth, view.clientHeight);
    screen.change();
  };
  new ResizeObserver(resize).observe(view);
  resize();
}

function unopened(error: unknown, origin: ReturnType<typeof originOf>): string {
  if (!("url" in origin)) return `The archive in this page cannot be read: ${saying(error)}.`;
  const allow = "Its server has to be reached, and to allow pages from elsewhere (CORS)";
  return `The archive at ${origin.url} cannot be read: ${saying(error)}. ${allow}.`;
}

/** What the controls act on besides the viewer. */
interface Around {
  readonly stand: Stand | null;
  readonly screen: Screen;
  readonly opened: Opened;
  readonly notes: Notes;
}

function control(elements: Elements, viewer: Viewer, player: Player, { stand, screen, opened, notes }: Around): void {
  const last = viewer.count - 1;
  const beside = (index: number): string => {
    const error = notes.errors[index];
    return typeof error === "number" ? `${(100 * error).toPrecision(3)}\u00a0%` : "";
  };
  const list = new List(elements, opened.names, beside, (index) => go(index));
  const play = (on: boolean): void => {
    if (player.playing !== on && last > 0) player.toggle(performance.now());
    elements.play.setAttribute("aria-pressed", String(player.playing));
    elements.play.setAttribute("aria-label", player.playing ? "Pause" : "Play");
    screen.change();
  };
  const go = (index: number): void => {
    play(false);
    viewer.show(index);
  };
  const morph = (share: number): void => {
    play(false);
    viewer.morph(Number(elements.other.value), share);
  };
  const paint = (colouring: Colouring): void => {
    elements.colour.value = colouring;
    viewer.colour(colouring);
  };

  viewer.changed = () => {
    const { index, other, share } = viewer;
    elements.slider.value = String(index);
    elements.slider.setAttribute("aria-valuetext", `${index}, ${opened.names[index]}`);
    elements.place.textContent = `${index} / ${last}`;
    elements.other.value = String(other);
    elements.share.value = String(Math.round(100 * share));
    elements.shared.textContent = `${Math.round(100 * share)} % ${opened.names[other]}`;
    list.mark(index);
  };
  elements.slider.max = elements.other.max = String(last);
  for (const row of [elements.slider, elements.share]) row.closest<HTMLElement>(".row")!.hidden = last === 0;
  const colourings = COLOURINGS.filter(([name]) => name !== "error" || Object.keys(notes.errors).length > 0);
  elements.colour.replaceChildren(...colourings.map(([name, text]) => new Option(text, name)));
  elements.up.value = notes.up;
  if (stand !== null) stand.up = notes.up;
  elements["aligned-label"].hidden = opened.summary.poses === null;

  elements.previous.addEventListener("click", () => go((viewer.index + last) % (last + 1)));
  elements.next.addEventListener("click", () => go((viewer.index + 1) % (last + 1)));
  elements.play.addEventListener("click", () => play(!player.playing));
  elements.slider.addEventListener("input", () => go(elements.slider.valueAsNumber));
  elements.colour.addEventListener("change", () => paint(elements.colour.value as Colouring));
  elements.up.addEventListener("change", () => {
    if (stand !== null) stand.up = elements.up.value;
  });
  elements.aligned.addEventListener("change", () => viewer.align(elements.aligned.checked));
  elements.other.addEventListener("change", () => morph(viewer.share));
  elements.share.addEventListener("input", () => morph(elements.share.valueAsNumber / 100));
  elements.reset.addEventListener("click", () => stand?.reset());
  elements["save-cloud"].addEventListener("click", () => void viewer.saveCloud());
  window.addEventListener("hashchange", () => {
    if (followed(viewer)) elements.viewer.scrollIntoView({ block: "start" });
  });
  elements.canvas.addEventListener("webglcontextlost", () => {
    viewer.complain("The graphics card has stopped drawing. Reload the page to see the clouds again.");
  });

  keysOf(elements.view, {
    ArrowLeft: () => stand?.turn(-TURN, 0),
    ArrowRight: () => stand?.turn(TURN, 0),
    ArrowUp: () => stand?.turn(0, TURN),
    ArrowDown: () => stand?.turn(0, -TURN),
    "+": () => stand?.approach(CLOSER),
    "=": () => stand?.approach(CLOSER),
    "-": () => stand?.approach(1 / CLOSER),
    "0": () => stand?.reset(),
    n: () => elements.next.click(),
    p: () => elements.previous.click(),
    Home: () => go(0),
    End: () => go(last),
    " ": () => elements.play.click(),
    m: () => morph(viewer.share + 0.1),
    b: () => morph(viewer.share - 0.1),
    c: () => {
      const names = colourings.map(([name]) => name);
      paint(names[(names.indexOf(viewer.colouring) + 1) % names.length]);
    },
    s: () => elements["save-cloud"].click(),
    "/": () => elements.search.focus(),
  });
}

/** Shows the cloud that the address names, as in `#cloud=12`; false where it names none. */
function followed(viewer: Viewer): boolean {
  const named = /^#cloud=(\d+)$/.exec(location.hash);
  if (named === null) return false;
  viewer.show(Number(named[1]));
  return true;
}

/** Saves the archive that is in the page, or follows the link to it. */
function saveArchive(notes: Notes): void {
  if (notes.link !== null) {
    window.open(notes.link, "_blank", "noopener");
    return;
  }
  const bytes = bytesOf(document.getElementById("archive")!.textContent!.trim());
  save(new Blob([bytes], { type: "application/octet-stream" }), `${fileNameOf(notes.file.replace(/\.qaad$/, ""))}.qaad`);
}
