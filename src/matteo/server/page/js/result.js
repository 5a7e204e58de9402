/** The files that are downloaded: made by the server from the source, the edited mask and the look; or on this device. */
import { canvas, save, toBlob } from "./dom.js";
import { desk, look } from "./desk.js";
import { Failure } from "./failure.js";
import * as device from "./local/device.js";
import { stage } from "./stage.js";
import * as service from "./service.js";
import { load } from "./work.js";
import { zipped } from "./zip.js";

export const FORMATS = { png: "image/png", webp: "image/webp", jpg: "image/jpeg", psd: "image/vnd.adobe.photoshop" };
const QUALITY = 0.92;

/** Whether this format shows what is transparent; JPEG gets white behind it. */
export const opaque = (format) => format === "jpg" && look.background === "none" && !look.preset;

/** The finished file of one picture: a Blob. */
export async function made(item, format, signal) {
  await load(item);
  if (item.by === "device" || device.chosen()) return onDevice(item, format); // what stays here stays with what was sent before
  return (await service.cut(item.file, await options(item, format), { signal })).blob;
}

/** The request's fields, named as the command line's options. */
async function options(item, format) {
  const chosen = { format, ...(opaque(format) ? { background: "white" } : background()) };
  if (look.preset) Object.assign(chosen, { preset: look.preset });
  if (look.shadow !== "none") chosen.shadow = look.shadow;
  if (look.crop) chosen.margin = `${look.margin}%`;
  if (item.edited) Object.assign(chosen, { mask: await maskOf(item.pixels.cutout), edges: "none" });
  return chosen;
}

function background() {
  if (look.background === "colour") return { background: look.colour };
  if (look.background === "picture") return { background_file: look.picture.file };
  if (look.background === "blur") return { background: `blur:${look.blur}` };
  return {};
}

/** The cut-out's alpha as a grey PNG, exact. */
export async function maskOf(cutout) {
  const { canvas: mask, context } = canvas(cutout.width, cutout.height);
  const from = cutout.getContext("2d", { willReadFrequently: true });
  for (let top = 0; top < cutout.height; top += 512) {
    const pixels = from.getImageData(0, top, cutout.width, Math.min(512, cutout.height - top));
    for (let i = 0; i < pixels.data.length; i += 4) {
      const alpha = pixels.data[i + 3];
      pixels.data.set([alpha, alpha, alpha, 255], i);
    }
    context.putImageData(pixels, 0, top);
  }
  return toBlob(mask, "image/png");
}

async function onDevice(item, format) {
  if (format === "psd" || look.preset) throw new Failure(format === "psd" ? "psdOnDevice" : "presetOnDevice");
  const shown = opaque(format) ? { ...look, background: "colour", colour: "#ffffff" } : look;
  const blob = await toBlob(stage.scene.rendered(item, shown), FORMATS[format], QUALITY);
  if (blob.type !== FORMATS[format]) throw new Failure("formatOnDevice", { format: format.toUpperCase() });
  return blob;
}

export async function download(item, format) {
  save(item.film ? item.result : await made(item, format), `${item.stem}.${format}`);
}

/** All that are done, as one ZIP; told(n, of) before each. Gives the failures by name. */
export async function downloadAll(format, told) {
  const items = desk.items.filter((item) => item.state === "done" && !item.film);
  const files = [], failures = [];
  for (const [i, item] of items.entries()) {
    told(i + 1, items.length);
    try {
      files.push({ name: `${item.stem}.${format}`, blob: await made(item, format) });
    } catch (error) {
      failures.push([item, error]);
    }
  }
  if (files.length) save(await zipped(files), "matteo.zip");
  return failures;
}
