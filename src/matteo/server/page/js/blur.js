/** Box blurs of one channel, three of which are near a Gaussian (Wells 1986): for shadows and backgrounds shown live. */

/** In place: `values` (Float32Array, width x height) blurred with deviations in pixels along each axis. */
export function gaussian(values, width, height, sigmaX, sigmaY = sigmaX) {
  const line = new Float32Array(Math.max(width, height));
  for (const radius of radii(sigmaX)) for (let y = 0; y < height; y++) box(values, y * width, 1, width, radius, line);
  for (const radius of radii(sigmaY)) for (let x = 0; x < width; x++) box(values, x, width, height, radius, line);
  return values;
}

/** Three radii whose boxes have together the variance of a Gaussian of that deviation. */
function radii(sigma) {
  const ideal = Math.sqrt((12 * sigma * sigma) / 3 + 1);
  const low = Math.max(0, Math.floor((ideal - 1) / 2));
  const side = 2 * low + 1;
  const small = Math.round((12 * sigma * sigma - 3 * side * side - 12 * side - 9) / (-4 * side - 4));
  return [0, 1, 2].map((i) => (i < small ? low : low + 1)).filter((radius) => radius > 0);
}

/** The mean of 2 radius + 1 samples along a line; beyond its ends the outer sample goes on. */
function box(values, start, step, length, radius, line) {
  for (let i = 0; i < length; i++) line[i] = values[start + i * step];
  const share = 1 / (2 * radius + 1);
  const last = line[length - 1];
  let sum = line[0] * radius;
  for (let i = 0; i < radius; i++) sum += i < length ? line[i] : last;
  for (let i = 0; i < length; i++) {
    sum += i + radius < length ? line[i + radius] : last;
    values[start + i * step] = sum * share;
    sum -= i >= radius ? line[i - radius] : line[0];
  }
}
