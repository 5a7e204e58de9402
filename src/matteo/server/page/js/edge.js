/** A stroke that keeps to the picture's edges: geodesic distance from the stroke's core (Criminisi 2008, "GeoS").
 *
 * What lies in the stroke but beyond an edge is far from its core, however near in pixels, and is left as it was. */

const CORE = 0.36; // of the brush's radius: what was surely meant
const COLOUR = 26; // how much further a step becomes per unit of colour difference (of 1), in pixels per brush radius
const NEAR = 1.3; // brush radii of geodesic distance that are still meant; the straight way to the rim is 0.64
const SOFT = 0.35; // and over how many more the effect fades
const PASSES = 2;

/**
 * Weights 0 to 1 (Float32Array, width x height) of a stroke in its box.
 * rgba: the picture's pixels there. distance: to the stroke's path, in pixels. radius: of the brush, in pixels.
 */
export function snapped(rgba, distance, width, height, radius) {
  const core = Math.max(1, CORE * radius);
  const far = new Float32Array(width * height).fill(Infinity);
  for (let i = 0; i < far.length; i++) if (distance[i] <= core) far[i] = 0;
  const colours = smoothed(rgba, width, height);
  for (let pass = 0; pass < PASSES; pass++) {
    sweep(far, colours, distance, width, height, radius, 1);
    sweep(far, colours, distance, width, height, radius, -1);
  }
  return far.map((value, i) => {
    const within = Math.min(1, Math.max(0, radius - distance[i] + 0.5));
    return within * Math.min(1, Math.max(0, 1 + (NEAR - value) / SOFT));
  });
}

/** The plain stroke: all that the brush touched, its rim one pixel soft. */
export const plain = (distance, radius) => distance.map((value) => Math.min(1, Math.max(0, radius - value + 0.5)));

/** One raster sweep, forwards or backwards, over the four neighbours behind each pixel; only inside the stroke. */
function sweep(far, colours, distance, width, height, radius, way) {
  const steps = [[-1, 0, 1], [0, -1, 1], [-1, -1, Math.SQRT2], [1, -1, Math.SQRT2]];
  const share = 1 / radius;
  for (let row = 0; row < height; row++) {
    const y = way > 0 ? row : height - 1 - row;
    for (let column = 0; column < width; column++) {
      const x = way > 0 ? column : width - 1 - column;
      const i = y * width + x;
      if (distance[i] > radius + 1) continue;
      let least = far[i];
      for (const [dx, dy, length] of steps) {
        const [nx, ny] = [x + way * dx, y + way * dy];
        if (nx < 0 || ny < 0 || nx >= width || ny >= height) continue;
        const j = ny * width + nx;
        const through = far[j];
        if (through >= least) continue;
        least = Math.min(least, through + length * share + COLOUR * share * step(colours, i, j) * Math.min(radius, 24));
      }
      far[i] = least;
    }
  }
}

/** The difference of two pixels' colours, 0 to about 1; below what noise makes it is nothing. */
function step(colours, i, j) {
  const difference = Math.abs(colours[3 * i] - colours[3 * j]) + Math.abs(colours[3 * i + 1] - colours[3 * j + 1])
    + Math.abs(colours[3 * i + 2] - colours[3 * j + 2]);
  return Math.max(0, difference / 3 - 0.008);
}

/** Means of 3 x 3, as a single noisy pixel is no edge. */
function smoothed(rgba, width, height) {
  const out = new Float32Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    const rows = [Math.max(0, y - 1), y, Math.min(height - 1, y + 1)];
    for (let x = 0; x < width; x++) {
      const columns = [Math.max(0, x - 1), x, Math.min(width - 1, x + 1)];
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (const r of rows) for (const k of columns) sum += rgba[4 * (r * width + k) + c];
        out[3 * (y * width + x) + c] = sum / 2295;
      }
    }
  }
  return out;
}
