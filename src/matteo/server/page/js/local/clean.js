/** A coarse alpha cleaned: nearly certain becomes certain, specks and pin-holes go, as matteo.matting.clean does. */

const LOW = 0.1, HIGH = 0.9, LEAST = 0.5 / 255;
const SPECK = 0.0005, FAINT = 0.5, SURE = 0.9, LEAST_CORE = 4, PINHOLE = 0.0005, DOUBTED = 0.3;

const snapped = (alpha) => alpha.map((value) => (value >= HIGH ? 1 : Math.min(1, Math.max(0, (value - LOW) / (HIGH - LOW)))));

/** In place: what 8 bits cannot tell from 0 or 1 becomes that. */
export function settle(alpha) {
  for (let i = 0; i < alpha.length; i++) if (alpha[i] < LEAST) alpha[i] = 0;
  else if (alpha[i] > 1 - LEAST) alpha[i] = 1;
}

/** A network's alpha as the edges begin with it. */
export const cleaned = (raw, height, width) =>
  removeSpecks(closeDoubts(fillPinholes(snapped(raw), height, width), height, width), height, width);

/** Islands of what `inside(value)` holds for: a label for each pixel (0: none), and per label its area, extremes, border. */
function islands(alpha, height, width, inside, diagonal) {
  const labels = new Int32Array(alpha.length);
  const found = [null];
  const stack = [];
  for (let start = 0; start < alpha.length; start++) {
    if (labels[start] || !inside(alpha[start])) continue;
    const island = { area: 0, lowest: 1, highest: 0, border: false, core: 0, sum: 0 };
    labels[start] = found.push(island) - 1;
    stack.push(start);
    while (stack.length) {
      const i = stack.pop();
      const [y, x] = [Math.floor(i / width), i % width];
      island.area++;
      island.lowest = Math.min(island.lowest, alpha[i]);
      island.highest = Math.max(island.highest, alpha[i]);
      if (alpha[i] > FAINT) {
        island.core++;
        island.sum += alpha[i];
      }
      island.border ||= y === 0 || x === 0 || y === height - 1 || x === width - 1;
      for (let dy = -1; dy <= 1; dy++)
        for (let dx = -1; dx <= 1; dx++) {
          if ((!diagonal && dx && dy) || y + dy < 0 || y + dy >= height || x + dx < 0 || x + dx >= width) continue;
          const j = i + dy * width + dx;
          if (labels[j] || !inside(alpha[j])) continue;
          labels[j] = labels[start];
          stack.push(j);
        }
    }
  }
  return { labels, found };
}

/** Islands go that are faint, or small and not sure; the largest always stays. */
function removeSpecks(alpha, height, width) {
  const { labels, found } = islands(alpha, height, width, (value) => value > 0, true);
  if (found.length <= 2) return alpha;
  const weight = (island) => island.area * island.highest;
  const main = found.slice(1).reduce((best, one) => (weight(one) > weight(best) ? one : best));
  const sure = (island) => island.core >= LEAST_CORE && island.sum / island.core >= SURE;
  const kept = (island) => island === main || ((island.area >= SPECK * alpha.length || sure(island)) && island.highest >= FAINT);
  return alpha.map((value, i) => (labels[i] && kept(found[labels[i]]) ? value : 0));
}

/** Small dips inside the subject that are nowhere surely background are raised to 1. */
function fillPinholes(alpha, height, width) {
  const { labels, found } = islands(alpha, height, width, (value) => value < 1, false);
  const filled = (island) => island.area <= PINHOLE * alpha.length && island.lowest > DOUBTED && !island.border;
  return alpha.map((value, i) => (labels[i] && filled(found[labels[i]]) ? 1 : value));
}

/** Dips inside the subject that are nowhere below FAINT are raised to the lowest way out (Soille 2003, 6.3.7). */
function closeDoubts(alpha, height, width) {
  const open = alpha.map((value, i) => {
    const [y, x] = [Math.floor(i / width), i % width];
    return value < FAINT || y === 0 || x === 0 || y === height - 1 || x === width - 1 ? value : 1;
  });
  while (swept(open, alpha, height, width, 1) | swept(open, alpha, height, width, -1));
  return open;
}

/** One sweep in raster order: each value falls to the least beside it, never below `floor`. Whether any did. */
function swept(open, floor, height, width, way) {
  const around = [-width - 1, -width, -width + 1, -1].map((step) => way * step);
  let changed = false;
  for (let k = 0; k < open.length; k++) {
    const i = way > 0 ? k : open.length - 1 - k;
    const [y, x] = [Math.floor(i / width), i % width];
    if (y === 0 || x === 0 || y === height - 1 || x === width - 1) continue;
    const least = Math.max(floor[i], Math.min(open[i], ...around.map((step) => open[i + step])));
    if (least < open[i]) {
      open[i] = least;
      changed = true;
    }
  }
  return changed;
}
