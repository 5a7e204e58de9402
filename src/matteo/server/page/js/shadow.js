/** Shadows shown live, on a small grid; the formulas are those of matteo.effects.shadow, which makes the file's. */
import { gaussian } from "./blur.js";
import { canvas } from "./dom.js";

const LONGEST = 360;

/** {canvas, x, y, width, height}: a black layer and its rectangle in the picture, or null where nothing throws one. */
export function shadowOf(cutout, box, kind) {
  if (!box || kind === "none") return null;
  const longest = Math.max(box.width, box.height);
  const room = Math.round(longest * 0.2);
  const part = { x: box.x - room, y: box.y - room, width: box.width + 2 * room, height: box.height + 2 * room };
  const scale = Math.min(1, LONGEST / Math.max(part.width, part.height));
  const { canvas: small, context } = canvas(part.width * scale, part.height * scale, true);
  const { width, height } = small;
  context.drawImage(cutout, -part.x * scale, -part.y * scale, cutout.width * scale, cutout.height * scale);
  const rgba = context.getImageData(0, 0, width, height);
  const alpha = Float32Array.from({ length: width * height }, (_, i) => rgba.data[4 * i + 3] / 255);
  const opacity = kind === "drop"
    ? drop(alpha, width, height, longest * scale, box.height * scale)
    : contact(alpha, width, height, longest * scale, (room + box.height) * scale);
  for (let i = 0; i < opacity.length; i++) rgba.data.set([0, 0, 0, Math.round(255 * opacity[i])], 4 * i);
  context.putImageData(rgba, 0, 0);
  return { canvas: small, ...part };
}

/** The subject's shape, shifted by 0.03 of its height towards 150 degrees and blurred. */
function drop(alpha, width, height, longest, tall) {
  const away = 0.03 * tall;
  const across = Math.round(away * Math.sin((150 * Math.PI) / 180));
  const down = Math.round(-away * Math.cos((150 * Math.PI) / 180));
  const moved = new Float32Array(alpha.length);
  for (let y = Math.max(0, down); y < height; y++)
    for (let x = Math.max(0, across); x < width; x++) moved[y * width + x] = alpha[(y - down) * width + x - across];
  return gaussian(moved, width, height, 0.02 * longest).map((value) => 0.35 * value);
}

/** Dark where each column's lowest part is near the ground line: a tight blur and a wide one, both flattened. */
function contact(alpha, width, height, longest, ground) {
  const FLAT = 0.4, LIFT = 0.07, wide = Math.max(0.04 * longest, 0.3);
  const soft = [wide, 0.25 * wide].map((sigma) => {
    const thrown = new Float32Array(alpha.length);
    for (let x = 0; x < width; x++) {
      let lowest = height;
      while (lowest > 0 && alpha[(lowest - 1) * width + x] < 0.5) lowest--;
      if (!lowest) continue;
      const weight = Math.exp(-Math.max(ground - lowest, 0) / (LIFT * longest));
      const depth = FLAT * sigma;
      for (let y = 0; y < height; y++) {
        const above = Math.min(1, Math.max(0, y + 1 - (lowest - 3 * depth)));
        const below = Math.min(1, Math.max(0, lowest + 0.7 * depth - y));
        thrown[y * width + x] = above * below * weight;
      }
    }
    return gaussian(thrown, width, height, sigma, FLAT * sigma);
  });
  return soft[0].map((half, i) => 0.7 * (1 - (1 - 0.75 * half) * (1 - 0.75 * soft[1][i])));
}
