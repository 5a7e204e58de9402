/** Other sizes, as matteo.picture.geometry has them: the mean over the area where an axis shrinks, cubic where it grows. */

/** values: height x width x channels. Gives Float32Array of the new size; round: to whole levels from 0 to 255. */
export function resized(values, [height, width], [tall, wide], channels, round = false) {
  const [h, w] = [Math.min(tall, height), Math.min(wide, width)];
  let now = along(values, height, width, channels, w, area(width, w), false);
  now = along(now, height, w, channels, h, area(height, h), true);
  if (round) level(now);
  if (h !== tall || w !== wide) {
    now = along(now, h, w, channels, wide, cubic(w, wide), false);
    now = along(now, h, wide, channels, tall, cubic(h, tall), true);
    if (round) level(now);
  }
  return now;
}

/** 3 channels of 8 bits at the size that a network sees, as matteo.picture.geometry.resize_by_halves has it. */
export function resizedByHalves(values, [height, width], [tall, wide]) {
  while (height >= 2 * tall && width >= 2 * wide && height % 2 === 0 && width % 2 === 0) {
    const [h, w] = [height / 2, width / 2];
    const out = new Uint8ClampedArray(h * w * 3);
    for (let y = 0, i = 0; y < h; y++)
      for (let x = 0, j = 6 * y * width; x < w; x++, j += 6)
        for (let c = j; c < j + 3; c++)
          out[i++] = (values[c] + values[c + 3] + values[c + 3 * width] + values[c + 3 * width + 3] + 2) >> 2;
    [values, height, width] = [out, h, w];
  }
  return resized(values, [height, width], [tall, wide], 3, true);
}

function level(values) {
  for (let i = 0; i < values.length; i++) values[i] = Math.min(255, Math.max(0, Math.round(values[i])));
}

/** One axis with its weights: for each new sample [first, weights…]. down: along the height. */
function along(values, height, width, channels, length, taps, down) {
  if (!taps) return Float32Array.from(values);
  const out = new Float32Array((down ? length * width : height * length) * channels);
  const step = down ? width * channels : channels;
  const lines = down ? width : height;
  for (let i = 0; i < length; i++) {
    const { at, weights } = taps[i];
    for (let line = 0; line < lines; line++)
      for (let c = 0; c < channels; c++) {
        const base = (down ? line * channels : line * width * channels) + c;
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += weights[k] * values[base + at[k] * step];
        out[(down ? (i * width + line) * channels : (line * length + i) * channels) + c] = sum;
      }
  }
  return out;
}

/** Each new sample is the mean of what it covers; null where nothing changes. */
function area(from, to) {
  if (from === to) return null;
  const scale = from / to;
  return Array.from({ length: to }, (_, i) => {
    const [start, stop] = [i * scale, Math.min(from, (i + 1) * scale)];
    const at = [], weights = [];
    for (let j = Math.floor(start); j < Math.ceil(stop - 1e-9); j++) {
      at.push(j);
      weights.push((Math.min(stop, j + 1) - Math.max(start, j)) / (stop - start));
    }
    return { at, weights };
  });
}

/** Cubic convolution (Keys 1981) with a = -0.75, as OpenCV has it; the border goes on. */
function cubic(from, to) {
  if (from === to) return null;
  const A = -0.75;
  const near = (x) => ((A + 2) * x - (A + 3)) * x * x + 1;
  const far = (x) => ((A * x - 5 * A) * x + 8 * A) * x - 4 * A;
  return Array.from({ length: to }, (_, i) => {
    const centre = ((i + 0.5) * from) / to - 0.5;
    const first = Math.floor(centre);
    const t = centre - first;
    const at = [-1, 0, 1, 2].map((k) => Math.min(from - 1, Math.max(0, first + k)));
    return { at, weights: [far(1 + t), near(t), near(1 - t), far(2 - t)] };
  });
}

/** Means over (2 radius + 1)^2 windows of height x width x channels. mirror(i, n): the sample that stands beyond a border. */
export function boxed(values, height, width, channels, radius, mirror) {
  return boxedAlong(boxedAlong(values, height, width, channels, radius, mirror, false), height, width, channels, radius, mirror, true);
}

function boxedAlong(values, height, width, channels, radius, mirror, down) {
  const out = new Float32Array(values.length);
  const [length, lines] = down ? [height, width] : [width, height];
  const [step, across] = down ? [width * channels, channels] : [channels, width * channels];
  const share = 1 / (2 * radius + 1);
  const beyond = Int32Array.from({ length: length + 2 * radius }, (_, i) => mirror(i - radius, length) * step);
  for (let line = 0; line < lines; line++)
    for (let c = 0; c < channels; c++) {
      const base = line * across + c;
      let sum = 0;
      for (let k = 0; k < 2 * radius; k++) sum += values[base + beyond[k]];
      for (let i = 0; i < length; i++) {
        sum += values[base + beyond[i + 2 * radius]];
        out[base + i * step] = sum * share;
        sum -= values[base + beyond[i]];
      }
    }
  return out;
}

/** OpenCV's BORDER_REFLECT: dcba|abcd. */
export const reflect = (i, n) => (n === 1 ? 0 : fold(i < 0 ? -i - 1 : i, n));

/** OpenCV's BORDER_REFLECT_101: dcb|abcd. */
export function reflect101(i, n) {
  if (n === 1) return 0;
  const period = 2 * (n - 1);
  const j = ((i % period) + period) % period;
  return j < n ? j : period - j;
}

function fold(i, n) {
  const j = i % (2 * n);
  return j < n ? j : 2 * n - 1 - j;
}

/** The least (or with `most` the greatest) value in (2 radius + 1)^2 windows; nothing stands beyond the border. */
export function extreme(values, height, width, radius, most) {
  const pick = most ? Math.max : Math.min;
  let now = values;
  for (const down of [false, true]) {
    const out = new Float32Array(values.length);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const [i, n] = down ? [y, height] : [x, width];
        let best = now[y * width + x];
        for (let k = Math.max(0, i - radius); k <= Math.min(n - 1, i + radius); k++) best = pick(best, now[down ? k * width + x : y * width + k]);
        out[y * width + x] = best;
      }
    now = out;
  }
  return now;
}
