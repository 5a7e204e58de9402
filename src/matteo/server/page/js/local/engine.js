/** The pipeline on this device: fit, network, clean, edges, colours; arrays in, arrays out. `run` is the network. */
import { cleaned, settle } from "./clean.js";
import { decontaminate } from "./colours.js";
import { resized } from "./geometry.js";
import { guidedUpsample } from "./guided.js";
import { madePlain } from "./plain.js";
import { expectedIou, isPlain, reasons } from "./verdict.js";

const UNSEEN = 128; // what the network sees where the source is transparent

/**
 * In place: rgba (straight, 8 bits) becomes the cut-out. card: the network's facts. run(tensor): {alpha, kind?, quality?}.
 * Gives the verdict {confidence, kind, reasons, notes} as the server tells it.
 */
export async function cutOut(rgba, height, width, card, run, told = () => {}) {
  const side = card.side;
  const seen = asSeen(rgba);
  const small = resized(seen, [height, width], [side, side], 3, true);
  const outputs = await run(tensorOf(madePlain(small, side, side), card));
  told("local.edges");
  const rgb = small.map((level) => level / 255);
  const plain = isPlain(rgb);
  const raw = Float32Array.from(outputs.alpha, (value) => (plain || !(value > 0) ? 0 : Math.min(1, value)));
  const coarse = cleaned(raw, side, side);
  const alpha = guidedUpsample(coarse, rgb, side, seen, height, width);
  settle(alpha);
  for (let i = 0; i < alpha.length; i++) alpha[i] *= rgba[4 * i + 3] / 255;
  settle(alpha);
  const empty = !alpha.some((value) => value > 0);
  decontaminate(rgba, alpha, height, width);
  return {
    confidence: outputs.quality && !plain ? Math.min(1, Math.max(0, outputs.quality[0])) : expectedIou(raw),
    kind: outputs.kind ? card.kinds[outputs.kind.indexOf(Math.max(...outputs.kind))] : null,
    reasons: reasons(raw, rgb, side),
    notes: empty ? ["no subject found: the cut-out is empty"] : [],
  };
}

/** Three channels; colours under transparency are covered with grey. */
function asSeen(rgba) {
  const out = new Uint8ClampedArray((rgba.length / 4) * 3);
  for (let i = 0, j = 0; i < rgba.length; i += 4, j += 3) {
    const opacity = rgba[i + 3] / 255;
    for (let c = 0; c < 3; c++) out[j + c] = UNSEEN + (rgba[i + c] - UNSEEN) * opacity;
  }
  return out;
}

function tensorOf(rgb, { mean, std }) {
  const area = rgb.length / 3;
  return Float32Array.from({ length: rgb.length }, (_, i) => {
    const c = Math.floor(i / area);
    return (rgb[3 * (i % area) + c] / 255 - mean[c]) / std[c];
  });
}
