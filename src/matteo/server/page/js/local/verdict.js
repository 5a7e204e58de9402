/** What may be wrong with an alpha: the facts and thresholds of matteo.matting.confidence, on the network's own grid. */
import { extreme, reflect101, boxed } from "./geometry.js";

const PLAIN = 2 / 255, LEAST_AREA = 0.002, MOST_AREA = 0.95, LEAST_EXPECTED = 0.5, TOUCH = 0.1, DARK = 0.3, NEAR = 10, RIM = 0.03;
const THIN = 0.03, THIN_SHARE = 0.12, BETWEEN = [0.1, 0.9], WIDE = 0.02, PARTLY_SHARE = 0.1;

/** Whether the picture (side x side x 3 in [0, 1]) is of one colour. */
export function isPlain(rgb) {
  for (let c = 0; c < 3; c++) {
    let least = 1, most = 0;
    for (let i = c; i < rgb.length; i += 3) {
      least = Math.min(least, rgb[i]);
      most = Math.max(most, rgb[i]);
    }
    if (most - least > PLAIN) return false;
  }
  return true;
}

/** The overlap with the truth that the alpha itself promises (Nowozin 2014). */
export function expectedIou(alpha) {
  let area = 0, inside = 0, all = 0;
  for (const value of alpha) {
    all += value;
    if (value > 0.5) {
      area++;
      inside += value;
    }
  }
  return area ? inside / (area + all - inside) : 0;
}

/** The library's reasons, in its order and words. */
export function reasons(alpha, rgb, side) {
  const inside = alpha.map((value) => (value > 0.5 ? 1 : 0));
  const area = inside.reduce((sum, one) => sum + one, 0);
  const found = [];
  if (area / alpha.length < LEAST_AREA || expectedIou(alpha) < LEAST_EXPECTED) found.push("no clear subject");
  if (area / alpha.length > MOST_AREA) found.push("hardly any background");
  if (area && touch(inside, side) >= TOUCH) found.push("subject cut by the border");
  if (isDark(rgb)) found.push("low light");
  if (area && contrast(inside, rgb, side) < NEAR) found.push("subject and background alike");
  if (area && thinShare(inside, side) / area > THIN_SHARE) found.push("fine structure");
  if (area && betweenShare(alpha, side) / area > PARTLY_SHARE) found.push("partly see-through");
  return found;
}

function touch(inside, side) {
  const sums = [0, 0, 0, 0];
  for (let i = 0; i < side; i++) {
    sums[0] += inside[i];
    sums[1] += inside[(side - 1) * side + i];
    sums[2] += inside[i * side];
    sums[3] += inside[i * side + side - 1];
  }
  return Math.max(...sums) / side;
}

function isDark(rgb) {
  let dark = 0;
  for (let i = 0; i < rgb.length; i += 3) if (0.299 * rgb[i] + 0.587 * rgb[i + 1] + 0.114 * rgb[i + 2] < DARK) dark++;
  return dark / (rgb.length / 3) >= 0.95;
}

/** The median distance in CIELAB across the outline, at half size. */
function contrast(inside, rgb, side) {
  const half = side >> 1;
  const mask = new Float32Array(half * half), lab = new Float32Array(3 * half * half);
  for (let y = 0; y < half; y++)
    for (let x = 0; x < half; x++) {
      const at = 2 * y * side + 2 * x;
      mask[y * half + x] = inside[at];
      const mean = [0, 1, 2].map((c) => (rgb[3 * at + c] + rgb[3 * (at + 1) + c] + rgb[3 * (at + side) + c] + rgb[3 * (at + side + 1) + c]) / 4);
      lab.set(labOf(mean), 3 * (y * half + x));
    }
  const within = extreme(mask, half, half, 1, false), without = extreme(mask, half, half, 1, true).map((value) => 1 - value);
  const reach = Math.max(2, Math.round(RIM * half));
  const [inner, outer] = [within, without].map((part) => localMean(lab, part, half, reach));
  const distances = [];
  for (let i = 0; i < mask.length; i++) {
    if (!mask[i] || within[i] || inner.weight[i] <= 0.02 || outer.weight[i] <= 0.02) continue;
    distances.push(Math.hypot(...[0, 1, 2].map((c) => inner.colour[3 * i + c] - outer.colour[3 * i + c])));
  }
  distances.sort((a, b) => a - b);
  const middle = distances.length >> 1;
  if (!distances.length) return Infinity;
  return distances.length % 2 ? distances[middle] : (distances[middle - 1] + distances[middle]) / 2;
}

function localMean(lab, part, side, reach) {
  const weight = boxed(part, side, side, 1, reach, reflect101);
  const sums = boxed(lab.map((value, i) => value * part[Math.floor(i / 3)]), side, side, 3, reach, reflect101);
  return { weight, colour: sums.map((value, i) => value / Math.max(weight[Math.floor(i / 3)], 1e-6)) };
}

/** sRGB in [0, 1] to CIELAB (D65). */
function labOf(rgb) {
  const [r, g, b] = rgb.map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  const f = (value) => (value > 0.008856 ? Math.cbrt(value) : 7.787 * value + 16 / 116);
  const y = 0.212671 * r + 0.71516 * g + 0.072169 * b;
  const [fx, fy, fz] = [f((0.412453 * r + 0.35758 * g + 0.180423 * b) / 0.950456), f(y), f((0.019334 * r + 0.119193 * g + 0.950227 * b) / 1.088754)];
  return [y > 0.008856 ? 116 * fy - 16 : 903.3 * y, 500 * (fx - fy), 200 * (fy - fz)];
}

/** What opening and closing change, in pixels. */
function thinShare(inside, side) {
  const radius = Math.max(3, Math.round(THIN * side) | 1) >> 1;
  const morph = (values, first) => extreme(extreme(values, side, side, radius, first), side, side, radius, !first);
  const opened = morph(inside, false), closed = morph(inside, true);
  return closed.reduce((sum, value, i) => sum + value - opened[i], 0);
}

/** What is neither subject nor background, but for soft edges and thin parts, in pixels. */
function betweenShare(alpha, side) {
  const radius = Math.max(3, Math.round(WIDE * side) | 1) >> 1;
  const between = alpha.map((value) => (value >= BETWEEN[0] && value <= BETWEEN[1] ? 1 : 0));
  const opened = extreme(extreme(between, side, side, radius, false), side, side, radius, true);
  return opened.reduce((sum, value) => sum + value, 0);
}
