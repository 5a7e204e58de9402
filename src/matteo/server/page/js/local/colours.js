/** The subject's own colours in the band: blur fusion (Forte 2021), as matteo.matting.foreground has it. */
import { boxed, reflect101 } from "./geometry.js";

const WORKING = 800, COARSEST = 24, RADIUS = 2, LAMBDA = 0.1, LAMBDA_FULL = 0.4, PRIOR = 1e-3;

/** In place: rgba gets alpha (0 to 1, of its size); between 0 and 1 the foreground's colour, under 0 none. */
export function decontaminate(rgba, alpha, height, width) {
  const step = Math.max(1, Math.ceil(Math.max(height, width) / WORKING));
  const ys = places(height, step), xs = places(width, step);
  const small = { height: ys.length, width: xs.length, rgb: new Float32Array(3 * ys.length * xs.length), alpha: new Float32Array(ys.length * xs.length) };
  ys.forEach((y, row) => xs.forEach((x, column) => {
    const [from, to] = [y * width + x, row * xs.length + column];
    for (let c = 0; c < 3; c++) small.rgb[3 * to + c] = rgba[4 * from + c] / 255;
    small.alpha[to] = alpha[from];
  }));
  const { foreground, background } = means(small);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const a = alpha[i];
      if (a > 0 && a < 1) {
        const scale = (a * 1) / (a * a + (1 - a) * (1 - a) + LAMBDA_FULL);
        for (let c = 0; c < 3; c++) {
          const f = at(foreground, small, y, x, step, c), b = at(background, small, y, x, step, c);
          rgba[4 * i + c] = 255 * (f + scale * (rgba[4 * i + c] / 255 - a * f - (1 - a) * b));
        }
      } else if (a === 0) rgba.fill(0, 4 * i, 4 * i + 3);
      rgba[4 * i + 3] = 255 * a;
    }
}

/** Every step-th pixel, from the middle of the first step on. */
const places = (length, step) => Array.from({ length: Math.ceil(length / step) }, (_, i) => Math.min(i * step + (step >> 1), length - 1));

/** A channel of a small map at a pixel of the picture, by linear interpolation. */
function at(map, { height, width }, y, x, step, c) {
  const v = Math.min(height - 1, Math.max(0, (y + 0.5) / step - 0.5)), u = Math.min(width - 1, Math.max(0, (x + 0.5) / step - 0.5));
  const [top, left] = [Math.floor(v), Math.floor(u)];
  const [bottom, right] = [Math.min(top + 1, height - 1), Math.min(left + 1, width - 1)];
  const [s, t] = [v - top, u - left];
  const get = (row, column) => map[3 * (row * width + column) + c];
  return (get(top, left) * (1 - t) + get(top, right) * t) * (1 - s) + (get(bottom, left) * (1 - t) + get(bottom, right) * t) * s;
}

/** Foreground and background means around every sample, from coarse to fine. */
function means(small) {
  const inside = small.alpha.map((a) => a ** 4), outside = small.alpha.map((a) => (1 - a) ** 4);
  let level = { height: 1, width: 1, foreground: overall(small.rgb, inside), background: overall(small.rgb, outside) };
  for (const step of steps(Math.max(small.height, small.width))) {
    const ys = places(small.height, step), xs = places(small.width, step);
    const take = (values, channels) => {
      const out = new Float32Array(ys.length * xs.length * channels);
      ys.forEach((y, row) => xs.forEach((x, column) => {
        for (let c = 0; c < channels; c++) out[(row * xs.length + column) * channels + c] = values[(y * small.width + x) * channels + c];
      }));
      return out;
    };
    const grid = { height: ys.length, width: xs.length, rgb: take(small.rgb, 3), alpha: take(small.alpha, 1) };
    const f = enlarged(level.foreground, level, grid), b = enlarged(level.background, level, grid);
    const [fused, behind] = fuse(grid, f, b);
    level = { height: grid.height, width: grid.width, foreground: mean(fused, take(inside, 1), f, grid), background: mean(behind, take(outside, 1), b, grid) };
  }
  return level;
}

function steps(longest) {
  const all = [1];
  while (longest >> all.length >= COARSEST) all.push(1 << all.length);
  return all.reverse();
}

function overall(rgb, weight) {
  const total = weight.reduce((sum, w) => sum + w, 0);
  return Float32Array.from([0, 1, 2], (c) => (total > 0 ? weight.reduce((sum, w, i) => sum + w * rgb[3 * i + c], 0) / total : 0.5));
}

/** On a grid twice as fine: a coarse sample stands between two fine ones. */
function enlarged(values, from, to) {
  const out = new Float32Array(3 * to.height * to.width);
  const step = from.height === 1 && from.width === 1 ? Math.max(to.height, to.width) : 2;
  for (let y = 0; y < to.height; y++)
    for (let x = 0; x < to.width; x++) for (let c = 0; c < 3; c++) out[3 * (y * to.width + x) + c] = at(values, from, y, x, step, c);
  return out;
}

/** What the pixels show beyond the means is given to both. */
function fuse({ rgb, alpha }, foreground, background) {
  const f = new Float32Array(rgb.length), b = new Float32Array(rgb.length);
  for (let i = 0; i < rgb.length; i++) {
    const a = alpha[Math.floor(i / 3)];
    const rest = (rgb[i] - a * foreground[i] - (1 - a) * background[i]) / (a * a + (1 - a) * (1 - a) + LAMBDA);
    f[i] = Math.min(1, Math.max(0, foreground[i] + a * rest));
    b[i] = Math.min(1, Math.max(0, background[i] + (1 - a) * rest));
  }
  return [f, b];
}

function mean(rgb, weight, prior, { height, width }) {
  const sums = boxed(rgb.map((value, i) => value * weight[Math.floor(i / 3)]), height, width, 3, RADIUS, reflect101);
  const total = boxed(weight, height, width, 1, RADIUS, reflect101);
  return sums.map((value, i) => (value + PRIOR * prior[i]) / (total[Math.floor(i / 3)] + PRIOR));
}
