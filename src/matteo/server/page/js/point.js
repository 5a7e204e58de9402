/** Pointing: a tap or a stroke says what belongs to the subject or does not, and the network works out the rest. */
import { canvas } from "./dom.js";
import { Failure } from "./failure.js";
import { pixelsOf } from "./pictures.js";
import { maskOf } from "./result.js";
import * as service from "./service.js";

const MOST_POINTS = 10; // of a stroke, that are told
const MOST_MARKS = 12; // of those before
const RING = 9; // radius on the screen, in CSS pixels
const APART = 0.06; // of the long side: how far an earlier word must lie from a later one that contradicts it
const NEAR = 0.015; // of the long side: what changes so near to a stroke was meant by it
const STEP = 2; // pixels between parts of what changes that are one
const LEAST = 4; // levels of alpha that are a change

export const ring = (scale, ratio) => Math.max(0.75, (RING * ratio) / scale);

/** A stroke as a word: {keep, path}, its points as shares of a picture of width x height; null beside the picture. */
export function markOf(stroke, width, height) {
  const inside = stroke.path.filter(([x, y]) => x >= 0 && y >= 0 && x < width && y < height);
  const every = Math.max(1, Math.ceil(inside.length / MOST_POINTS));
  const told = inside.filter((_, i) => i % every === 0 || i === inside.length - 1);
  return told.length ? { keep: stroke.keep, path: told.map(([x, y]) => [x / width, y / height]) } : null;
}

/** The mark as the service takes it: "x%,y%" or "x%,y%,x%,y%,…". */
export const written = ({ path }) => path.map((point) => point.map((share) => `${(100 * share).toFixed(2)}%`).join(",")).join(",");

/** The words before a new one that still hold: no later one contradicts them, and nothing was painted over them.
 * steps: of the history, the oldest first. */
export function holding(steps, mark, width, height) {
  const long = Math.max(width, height);
  const far = ([ax, ay], [bx, by]) => Math.hypot((ax - bx) * width, (ay - by) * height) > APART * long;
  const later = [{ mark }];
  const found = [];
  for (const step of [...steps].reverse()) {
    const denied = (point) => later.some((one) =>
      one.mark ? one.mark.keep !== step.mark.keep && one.mark.path.some((other) => !far(point, other)) : within(one, point[0] * width, point[1] * height));
    if (step.mark && found.length < MOST_MARKS && !step.mark.path.some(denied)) found.push(step.mark);
    later.push(step);
  }
  return found.reverse();
}

const within = (box, x, y) => x >= box.x && y >= box.y && x < box.x + box.before.width && y < box.y + box.before.height;

/** Asks for the cut-out that a stroke and those before it mean; gives the step for the history, or null where nothing
 * changed. The cut-out's canvas is changed. Failure "gone" where the picture was cut out anew meanwhile. */
export async function ask(item, stroke, options) {
  const { source, cutout } = item.pixels;
  const { width, height } = source;
  const mark = markOf(stroke, width, height);
  if (!mark) return null;
  const marks = [...holding(item.history.steps, mark, width, height), mark];
  const fields = { format: "png", mask: await maskOf(cutout) };
  for (const [name, keep] of [["keep", true], ["drop", false]]) {
    const said = marks.filter((one) => one.keep === keep).map(written);
    if (said.length) fields[name] = said.join(" ");
  }
  const { blob } = await service.cut(item.file, fields, options);
  const { canvas: made } = await pixelsOf(blob, item.name);
  if (item.pixels?.cutout !== cutout) throw new Failure("gone", { name: item.name });
  if (made.width !== cutout.width || made.height !== cutout.height) throw new Failure("undecodable", { name: item.name });
  const step = replaced(cutout, made, mark);
  return step && { ...step, mark };
}

/** Takes over from another cut-out what a word meant. Gives what was changed, before and after. */
function replaced(cutout, other, mark) {
  const context = cutout.getContext("2d", { willReadFrequently: true });
  const { width, height } = cutout;
  const before = context.getImageData(0, 0, width, height);
  const found = other.getContext("2d", { willReadFrequently: true }).getImageData(0, 0, width, height);
  const box = takenOver(before.data, found.data, width, height, mark);
  if (!box) return null;
  context.putImageData(found, 0, 0, box.x, box.y, box.width, box.height);
  const old = canvas(box.width, box.height, true);
  old.context.putImageData(before, -box.x, -box.y);
  const part = (from, x, y) => from.getImageData(x, y, box.width, box.height);
  return { x: box.x, y: box.y, before: part(old.context, 0, 0), after: part(context, box.x, box.y) };
}

/** Makes of `found` (RGBA bytes) what `old` is with the change that a mark meant: more alpha for one to keep, less for
 * one to drop, and only where that hangs together with what changed beside the mark. Gives the rectangle that holds all of
 * it; null where nothing is. */
export function takenOver(old, found, width, height, mark) {
  const state = new Uint8Array(width * height); // 1: differs as was meant; 2: taken over
  for (let at = 0; at < state.length; at++) {
    const more = found[4 * at + 3] - old[4 * at + 3];
    if (mark.keep ? more >= LEAST : -more >= LEAST) state[at] = 1;
  }
  const box = grown(state, beside(mark.path, width, height), width, height);
  const [was, is] = [new Uint32Array(old.buffer), new Uint32Array(found.buffer)];
  for (let at = 0; at < state.length; at++) if (state[at] !== 2) is[at] = was[at];
  return box;
}

/** Places within NEAR of a path. */
function beside(path, width, height) {
  const reach = Math.max(3, Math.round(NEAR * Math.max(width, height)));
  const places = [];
  const points = path.length > 1 ? path : [path[0], path[0]];
  for (let i = 1; i < points.length; i++) {
    const [[ax, ay], [bx, by]] = [points[i - 1], points[i]].map(([x, y]) => [x * width, y * height]);
    const parts = Math.max(1, Math.ceil(Math.hypot(bx - ax, by - ay) / reach));
    for (let part = 0; part <= parts; part++) {
      const [x, y] = [Math.floor(ax + ((bx - ax) * part) / parts), Math.floor(ay + ((by - ay) * part) / parts)];
      for (let v = Math.max(0, y - reach); v <= Math.min(height - 1, y + reach); v++)
        for (let u = Math.max(0, x - reach); u <= Math.min(width - 1, x + reach); u++) places.push(v * width + u);
    }
  }
  return places;
}

/** Turns 1 into 2 from the seeds on, over gaps of up to STEP pixels. */
function grown(state, seeds, width, height) {
  let [left, right, top, bottom] = [width, -1, height, -1];
  const open = [];
  const take = (at) => {
    if (state[at] !== 1) return;
    state[at] = 2;
    open.push(at);
    const [x, y] = [at % width, Math.floor(at / width)];
    [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
  };
  for (const seed of seeds) take(seed);
  while (open.length) {
    const at = open.pop();
    const [x, y] = [at % width, Math.floor(at / width)];
    for (let v = Math.max(0, y - STEP); v <= Math.min(height - 1, y + STEP); v++)
      for (let u = Math.max(0, x - STEP); u <= Math.min(width - 1, x + STEP); u++) take(v * width + u);
  }
  return bottom < 0 ? null : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}
