/** The pipeline on this device: fit, network, clean, edges, colours; arrays in, arrays out. `run` is the network. */
import { cleaned, settle } from "./clean.js";
import { decontaminate } from "./colours.js";
import { resized, resizedByHalves } from "./geometry.js";
import { guidedUpsample } from "./guided.js";
import { lookAgain } from "./looks.js";
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
  const small = resizedByHalves(seen, [height, width], [side, side]);
  const look = async (levels) => {
    const outputs = await run(tensorOf(madePlain(levels, side, side), card));
    return { ...outputs, alpha: alphaOf(outputs) };
  };
  const rgb = small.map((level) => level / 255);
  const plain = isPlain(rgb);
  const first = await look(small);
  if (plain) first.alpha.fill(0);
  const second = card.looks > 1 ? await lookAgain(seen, [height, width], first.alpha, side, look) : { alpha: first.alpha, grid: [side, side] };
  told("local.edges");
  const [h, w] = second.grid;
  const onGrid = h === side && w === side ? rgb : resized(seen, [height, width], second.grid, 3, true).map((level) => level / 255);
  const alpha = guidedUpsample(cleaned(second.alpha, h, w), onGrid, second.grid, seen, height, width);
  settle(alpha);
  for (let i = 0; i < alpha.length; i++) alpha[i] *= rgba[4 * i + 3] / 255;
  settle(alpha);
  const empty = !alpha.some((value) => value > 0);
  decontaminate(rgba, alpha, height, width);
  return {
    confidence: plain ? 0 : confidenceOf(first, second),
    kind: first.kind ? card.kinds[first.kind.indexOf(Math.max(...first.kind))] : null,
    reasons: reasons(first.alpha, rgb, side),
    notes: empty ? ["no subject found: the cut-out is empty"] : [],
  };
}

/** The mean of what the looks tell of themselves: their quality, else the overlap that their alpha expects. */
function confidenceOf(first, { closer, quality }) {
  const stated = [first, ...(closer ? [{ alpha: closer, quality }] : [])].map((look) => (look.quality ? Math.min(1, Math.max(0, look.quality[0])) : expectedIou(look.alpha)));
  return stated.reduce((sum, value) => sum + value, 0) / stated.length;
}

/** The network's alpha, within [0, 1]; 0 for what is no number. */
const alphaOf = (outputs) => Float32Array.from(outputs.alpha, (value) => (value > 0 ? Math.min(1, value) : 0));

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
