/** A dark picture made brighter and a noisy one quieter, for the network's eyes only, as matteo.picture.noise does. */
import { reflect101 } from "./geometry.js";

const NOISY = 8, WINDOW = 2, WIDTH = 3, NEAR = 1.5;
const DIM = 0.4, BRIGHT = 0.6, GAMMA = 2.2;
const BLOCK = 16, SMOOTH = 0.2, LOW = 0.02, HIGH = 0.98;
const MEAN = 6 * Math.sqrt(2 / Math.PI);

/** rgb: levels 0 to 255, height x width x 3. Gives the very same array where it is neither dark nor noisy. */
export function madePlain(rgb, height, width) {
  const lit = brighten(rgb);
  const sigma = estimateSigma(lit, height, width);
  return sigma >= NOISY || lit !== rgb ? reduceNoise(lit, height, width, sigma) : rgb;
}

function quantile(values, share) {
  const sorted = Float32Array.from(values).sort();
  const at = share * (sorted.length - 1);
  const low = Math.floor(at);
  return sorted[low] + (at - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
}

function brighten(rgb) {
  const brightest = Float32Array.from({ length: rgb.length / 3 }, (_, i) => Math.max(rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]));
  const reached = quantile(brightest, 0.98) / 255;
  if (reached >= DIM) return rgb;
  const gain = (BRIGHT / Math.max(reached, DIM / 8)) ** GAMMA;
  return rgb.map((level) => Math.round(255 * Math.min(1, (level / 255) ** GAMMA * gain) ** (1 / GAMMA)));
}

/** "Fast noise variance estimation" (Immerkaer 1996), by blocks. */
function estimateSigma(rgb, height, width) {
  const [rows, columns] = [Math.max(1, Math.floor(height / BLOCK)), Math.max(1, Math.floor(width / BLOCK))];
  const [tall, wide] = [height / rows, width / columns];
  const levels = new Float64Array(rows * columns), found = new Float64Array(rows * columns), count = new Float64Array(rows * columns);
  const green = (y, x) => rgb[3 * (reflect101(y, height) * width + reflect101(x, width)) + 1];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const response = green(y - 1, x - 1) - 2 * green(y - 1, x) + green(y - 1, x + 1) - 2 * green(y, x - 1) + 4 * green(y, x)
        - 2 * green(y, x + 1) + green(y + 1, x - 1) - 2 * green(y + 1, x) + green(y + 1, x + 1);
      const block = Math.floor(y / tall) * columns + Math.floor(x / wide);
      levels[block] += green(y, x);
      found[block] += Math.abs(response);
      count[block]++;
    }
  const seen = [];
  for (let i = 0; i < count.length; i++) {
    const level = levels[i] / count[i];
    if (level > LOW * 255 && level < HIGH * 255) seen.push(found[i] / count[i]);
  }
  return seen.length ? quantile(seen, SMOOTH) / MEAN : 0;
}

/** A bilateral filter (Tomasi 1998): the distance of colours is the sum over channels, as OpenCV takes it. */
function reduceNoise(rgb, height, width, sigma) {
  const colour = -0.5 / Math.max(1e-6, WIDTH * sigma) ** 2;
  const space = -0.5 / NEAR ** 2;
  const out = new Float32Array(rgb.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = 3 * (y * width + x);
      let total = 0, r = 0, g = 0, b = 0;
      for (let dy = -WINDOW; dy <= WINDOW; dy++)
        for (let dx = -WINDOW; dx <= WINDOW; dx++) {
          if (dx * dx + dy * dy > WINDOW * WINDOW) continue;
          const near = 3 * (reflect101(y + dy, height) * width + reflect101(x + dx, width));
          const away = Math.abs(rgb[near] - rgb[at]) + Math.abs(rgb[near + 1] - rgb[at + 1]) + Math.abs(rgb[near + 2] - rgb[at + 2]);
          const weight = Math.exp(space * (dx * dx + dy * dy) + colour * away * away);
          total += weight;
          r += weight * rgb[near];
          g += weight * rgb[near + 1];
          b += weight * rgb[near + 2];
        }
      out.set([Math.round(r / total), Math.round(g / total), Math.round(b / total)], at);
    }
  return out;
}
