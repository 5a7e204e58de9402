/** The picture's own background out of focus, shown live: the subject's place is filled from around, then all is blurred.
 *
 * On a small grid: nothing finer is left after the blur. The file is made by matteo.effects.blur, in linear light. */
import { gaussian } from "./blur.js";
import { canvas } from "./dom.js";

const LONGEST = 420;
const GAMMA = 2.2;
const LIGHT = Float32Array.from({ length: 256 }, (_, level) => (level / 255) ** GAMMA);
const DISC = 0.55; // a Gaussian of this share of a disc's radius looks about as much out of focus

/** A small canvas to be drawn over the picture's whole rectangle. strength: thousandths of the long side. */
export function blurredPlate(pixels, strength) {
  const { source, cutout } = pixels;
  const scale = Math.min(1, LONGEST / Math.max(source.width, source.height));
  const { canvas: small, context } = canvas(source.width * scale, source.height * scale, true);
  const { width, height } = small;
  context.imageSmoothingQuality = "high";
  context.drawImage(source, 0, 0, width, height);
  const picture = context.getImageData(0, 0, width, height);
  context.clearRect(0, 0, width, height);
  context.drawImage(cutout, 0, 0, width, height);
  const weight = outside(context.getImageData(0, 0, width, height).data, width, height);
  fill(picture, weight, width, height);
  blurAll(picture, width, height, (strength / 1000) * Math.max(width, height) * DISC);
  context.putImageData(picture, 0, 0);
  return small;
}

/** Where the picture shows its background alone: 1, the subject and a rim around it 0. */
function outside(rgba, width, height) {
  const alpha = new Float32Array(width * height);
  for (let i = 0; i < alpha.length; i++) alpha[i] = rgba[4 * i + 3] / 255;
  gaussian(alpha, width, height, 1.5);
  return alpha.map((value) => (value > 0.03 ? 0 : 1));
}

/** The colours under weight 0 become means of those around, from near to far. */
function fill(picture, weight, width, height) {
  const known = Float32Array.from(weight);
  for (const sigma of [4, 12, 36, 110]) {
    const near = gaussian(Float32Array.from(known), width, height, sigma);
    for (let c = 0; c < 3; c++) {
      const sums = Float32Array.from(known, (w, i) => w * picture.data[4 * i + c]);
      gaussian(sums, width, height, sigma);
      for (let i = 0; i < known.length; i++) if (!known[i] && near[i] > 0.02) picture.data[4 * i + c] = sums[i] / near[i];
    }
    for (let i = 0; i < known.length; i++) if (near[i] > 0.02) known[i] = Math.max(known[i], 0.999);
  }
}

/** In light, not in encoded values, as a lens does it: highlights spread. */
function blurAll(picture, width, height, sigma) {
  for (let c = 0; c < 3; c++) {
    const light = Float32Array.from({ length: width * height }, (_, i) => LIGHT[picture.data[4 * i + c]]);
    gaussian(light, width, height, sigma);
    for (let i = 0; i < light.length; i++) picture.data[4 * i + c] = 255 * light[i] ** (1 / GAMMA);
  }
  for (let i = 3; i < picture.data.length; i += 4) picture.data[i] = 255;
}
