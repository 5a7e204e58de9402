/** Fast guided filter (He and Sun 2015), as matteo.matting.guided has it: a small alpha brought to the picture's size. */
import { boxed, extreme, reflect } from "./geometry.js";

const RADIUS = 2, EPSILON = 1e-4, GRID = 640;

/**
 * Alpha (Float32Array, height x width) of a picture.
 * coarse: h x w in [0, 1]. small: the picture on that grid, h x w x 3 in [0, 1]. rgb: the picture, 8 bits.
 */
export function guidedUpsample(coarse, small, [h, w], rgb, height, width) {
  const low = extreme(coarse, h, w, RADIUS, false), high = extreme(coarse, h, w, RADIUS, true);
  const model = linearModel(coarse, small, h, w);
  const samples = new Float32Array(6 * h * w);
  for (let i = 0; i < h * w; i++) samples.set([model[4 * i] / 255, model[4 * i + 1] / 255, model[4 * i + 2] / 255, model[4 * i + 3], low[i], high[i]], 6 * i);
  const step = Math.max(1, Math.floor(Math.max(height, width) / Math.max(GRID, h, w)));
  const [rows, columns] = [Math.ceil(height / step), Math.ceil(width / step)];
  const grid = onGrid(onGrid(samples, h, w, 6, rows, (step * h) / height, true), rows, w, 6, columns, (step * w) / width, false);
  return applied(grid, rows, columns, step, rgb, height, width);
}

/** Per pixel a (3) and b of alpha = a . rgb + b, each the mean over the windows that hold the pixel. */
function linearModel(alpha, rgb, h, w) {
  const products = new Float32Array(13 * h * w); // rgb, alpha, rgb alpha, rr rg rb gg gb bb
  for (let i = 0; i < h * w; i++) {
    const [r, g, b, a] = [rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2], alpha[i]];
    products.set([r, g, b, a, r * a, g * a, b * a, r * r, r * g, r * b, g * g, g * b, b * b], 13 * i);
  }
  const mean = boxed(products, h, w, 13, RADIUS, reflect);
  const solved = new Float32Array(4 * h * w);
  for (let i = 0; i < h * w; i++) solved.set(solve(mean.subarray(13 * i, 13 * i + 13)), 4 * i);
  return boxed(solved, h, w, 4, RADIUS, reflect);
}

/** a and b of one window, by Cramer's rule on the 3 x 3 covariance. */
function solve([r, g, b, a, ra, ga, ba, rr, rg, rb, gg, gb, bb]) {
  const [x, y, z] = [ra - r * a, ga - g * a, ba - b * a];
  const [xx, yy, zz] = [rr - r * r + EPSILON, gg - g * g + EPSILON, bb - b * b + EPSILON];
  const [xy, xz, yz] = [rg - r * g, rb - r * b, gb - g * b];
  const [c0, c1, c2] = [yy * zz - yz * yz, xz * yz - xy * zz, xy * yz - xz * yy];
  const share = 1 / (xx * c0 + xy * c1 + xz * c2);
  const ar = share * (c0 * x + c1 * y + c2 * z);
  const ag = share * (c1 * x + (xx * zz - xz * xz) * y + (xy * xz - xx * yz) * z);
  const ab = share * (c2 * x + (xy * xz - xx * yz) * y + (xx * yy - xy * xy) * z);
  return [ar, ag, ab, a - ar * r - ag * g - ab * b];
}

/** One axis of a map at the centres of `step` pixels, by linear interpolation; beyond the outer centres they go on. */
function onGrid(values, height, width, channels, blocks, ratio, down) {
  const [lines, length] = down ? [width, height] : [height, width];
  const out = new Float32Array(blocks * lines * channels);
  for (let i = 0; i < blocks; i++) {
    const centre = Math.min(length - 1, Math.max(0, (i + 0.5) * ratio - 0.5));
    const first = Math.floor(centre), next = Math.min(first + 1, length - 1), share = centre - first;
    for (let line = 0; line < lines; line++)
      for (let c = 0; c < channels; c++) {
        const at = (k) => (down ? k * width + line : line * width + k) * channels + c;
        out[(down ? i * width + line : line * blocks + i) * channels + c] = values[at(first)] * (1 - share) + values[at(next)] * share;
      }
  }
  return out;
}

/** The model, enlarged, applied to the picture's own pixels; alpha stays within what its surroundings had. */
function applied(grid, rows, columns, step, rgb, height, width) {
  const alpha = new Float32Array(height * width);
  const line = new Float32Array(6 * columns);
  const taps = Array.from({ length: width }, (_, x) => tap(x, step, columns));
  for (let y = 0; y < height; y++) {
    const { first, next, share } = tap(y, step, rows);
    for (let i = 0; i < line.length; i++) line[i] = grid[first * 6 * columns + i] * (1 - share) + grid[next * 6 * columns + i] * share;
    for (let x = 0; x < width; x++) {
      const { first: a, next: b, share: s } = taps[x];
      const [p, q, t] = [6 * a, 6 * b, 1 - s];
      const low = line[p + 4] * t + line[q + 4] * s, high = line[p + 5] * t + line[q + 5] * s;
      let value = low;
      if (high > low) {
        const i = 3 * (y * width + x);
        const red = line[p] * t + line[q] * s, green = line[p + 1] * t + line[q + 1] * s, blue = line[p + 2] * t + line[q + 2] * s;
        const estimate = red * rgb[i] + green * rgb[i + 1] + blue * rgb[i + 2] + line[p + 3] * t + line[q + 3] * s;
        value = Math.min(high, Math.max(low, estimate));
      }
      alpha[y * width + x] = value;
    }
  }
  return alpha;
}

/** Between which samples a pixel stands; sample j is at the centre of pixels j step to j step + step - 1. */
function tap(i, step, samples) {
  const centre = Math.min(samples - 1, Math.max(0, (i + 0.5) / step - 0.5));
  const first = Math.floor(centre);
  return { first, next: Math.min(first + 1, samples - 1), share: centre - first };
}
