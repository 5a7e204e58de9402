/** A second look at the subject, closer and mirrored, as matteo.models.looks has it; the mean of both. */
import { resized, resizedByHalves } from "./geometry.js";

const FOUND = 0.3, ROOM = 0.3, LEAST = 1 / 3, WHOLE = 0.9, SHARE = 0.5, RAMP = 0.12, SURE = 0.999, FINEST = 2;

/**
 * seen: the picture, height x width x 3, 8 bits. first: side x side, what the network made of it. look(levels): its
 * {alpha, quality?} for side x side x 3. Gives {alpha, grid, closer?, quality?}: the mean of both looks, on a grid as
 * fine as the closer one's, and what that one alone gave.
 */
export async function lookAgain(seen, size, first, side, look) {
  const box = aroundSubject(first, side, size);
  if (!box) return { alpha: first, grid: [side, side] };
  const part = cropped(seen, size, box);
  const small = resizedByHalves(part, box.map(([start, stop]) => stop - start), [side, side]);
  const told = await look(mirrored(small, side, 3));
  const closer = mirrored(told.alpha, side, 1);
  const share = Math.max(...box.map(([start, stop], axis) => (stop - start) / size[axis]));
  const grid = size.map((length) => Math.max(side, Math.min(length, Math.round(side * Math.min(FINEST, 1 / share)))));
  const alpha = merged(within(resized(first, [side, side], grid, 1), first), grid, closer, side, size, box);
  return { alpha, grid, closer, quality: told.quality };
}

/** Rows and columns that hold what is found, with room; all where that is most of it; null where nothing is. */
function aroundSubject(alpha, side, size) {
  const found = [new Set(), new Set()];
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++)
      if (alpha[y * side + x] > FOUND) {
        found[0].add(y);
        found[1].add(x);
      }
  if (!found[0].size) return null;
  const box = found.map((marked, axis) => withRoom([...marked], side, size[axis]));
  return box.every(([start, stop], axis) => stop - start >= WHOLE * size[axis]) ? size.map((length) => [0, length]) : box;
}

function withRoom(marked, side, length) {
  const start = (Math.min(...marked) / side) * length, stop = ((Math.max(...marked) + 1) / side) * length;
  const more = Math.max(ROOM * (stop - start), (LEAST * length - (stop - start)) / 2);
  return [Math.max(0, Math.trunc(start - more)), Math.min(length, Math.ceil(stop + more))];
}

function cropped(values, [, width], [[top, bottom], [left, right]]) {
  const out = new Uint8ClampedArray((bottom - top) * (right - left) * 3);
  for (let y = top; y < bottom; y++) out.set(values.subarray((y * width + left) * 3, (y * width + right) * 3), (y - top) * (right - left) * 3);
  return out;
}

function mirrored(values, side, channels) {
  const out = new values.constructor(values.length);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++)
      for (let c = 0; c < channels; c++) out[(y * side + x) * channels + c] = values[(y * side + side - 1 - x) * channels + c];
  return out;
}

/** Cubic overshoot cut off at the range that was given. */
function within(values, given) {
  let low = Infinity, high = -Infinity;
  for (const value of given) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return values.map((value) => Math.min(high, Math.max(low, value)));
}

function logOdds(alpha) {
  const chance = Math.min(SURE, Math.max(1 - SURE, alpha));
  return Math.log(chance / (1 - chance));
}

/** In the box the mean of both looks' log-odds. */
function merged(alpha, grid, closer, side, size, box) {
  const axes = box.map(([start, stop], axis) => {
    const [first, last] = [start, stop].map((at) => Math.ceil((at * grid[axis]) / size[axis] - 0.5));
    const at = Array.from({ length: last - first }, (_, i) => (((first + i + 0.5) * size[axis]) / grid[axis] - start) / (stop - start));
    const share = at.map((place) => Math.min(1, start > 0 ? place / RAMP : 1, stop < size[axis] ? (1 - place) / RAMP : 1));
    return { first, at, share };
  });
  const [down, across] = axes;
  const near = axes.map(({ at }) => Math.min(side, at.length));
  if (Math.min(...near) < 1) return alpha;
  const there = resized(closer.map(logOdds), [side, side], near, 1);
  const out = Float32Array.from(alpha);
  const rows = down.at.map((at) => tap(at, near[0])), columns = across.at.map((at) => tap(at, near[1]));
  rows.forEach(([above, below, t], i) =>
    columns.forEach(([before, behind, s], j) => {
      const value = (y) => there[y * near[1] + before] * (1 - s) + there[y * near[1] + behind] * s;
      const closest = value(above) * (1 - t) + value(below) * t;
      const place = (down.first + i) * grid[1] + across.first + j;
      const here = logOdds(out[place]);
      out[place] = 1 / (1 + Math.exp(-(here + SHARE * Math.min(down.share[i], across.share[j]) * (closest - here))));
    }),
  );
  return out;
}

/** Between which samples a place in [0, 1] lies; beyond the outer centres those hold. */
function tap(at, length) {
  const place = Math.min(length - 1, Math.max(0, at * length - 0.5));
  const before = Math.min(Math.trunc(place), Math.max(0, length - 2));
  return [before, Math.min(before + 1, length - 1), place - before];
}
