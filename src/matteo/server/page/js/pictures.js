/** From a file to pixels: what it is by its first bytes, whether the browser can show it, and its working size. */
import { canvas } from "./dom.js";
import { Failure } from "./failure.js";

export const MOST_BYTES = 100 * 1024 * 1024;
export const MOST_FILM_BYTES = 2 * 1024 * 1024 * 1024;
const WORKING_PIXELS = 24e6; // what is shown and brushed; phones refuse larger canvases, so a larger picture is shown smaller

const at = (bytes, start, text) => [...text].every((letter, i) => bytes[start + i] === letter.charCodeAt(0));
const BRANDS = { heic: "heic", heix: "heic", mif1: "heic", msf1: "heic", hevc: "heic", avif: "avif", avis: "avif" };

/** "jpeg", "png", …, "film", or null for what is neither. */
export async function kindOf(file) {
  const bytes = new Uint8Array(await file.slice(0, 32).arrayBuffer());
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return "jpeg";
  if (at(bytes, 1, "PNG")) return "png";
  if (at(bytes, 0, "GIF8")) return "gif";
  if (at(bytes, 0, "BM")) return "bmp";
  if (at(bytes, 0, "RIFF")) return at(bytes, 8, "WEBP") ? "webp" : at(bytes, 8, "AVI ") ? "film" : null;
  if (at(bytes, 0, "II*\0") || at(bytes, 0, "MM\0*")) return "tiff";
  if (at(bytes, 4, "ftyp")) {
    const brand = String.fromCharCode(...bytes.slice(8, 12));
    return BRANDS[brand] ?? "film";
  }
  if (bytes[0] === 0x1a && bytes[1] === 0x45 && bytes[2] === 0xdf && bytes[3] === 0xa3) return "film";
  return null;
}

/** The kind of a file that the page can take; else a Failure that says why not. */
export async function admitted(file) {
  if (file.size === 0) throw new Failure("empty", { name: file.name });
  const kind = await kindOf(file);
  if (kind === null) throw new Failure("notPicture", { name: file.name });
  const most = kind === "film" ? MOST_FILM_BYTES : MOST_BYTES;
  if (file.size > most) throw new Failure("tooLarge", { name: file.name, most: Math.round(most / 2 ** 20) });
  return kind;
}

/** A blob's pixels, upright, on a canvas of at most WORKING_PIXELS. `scale`: canvas pixels per pixel of the file. */
export async function pixelsOf(blob, name = "") {
  let bitmap;
  try {
    bitmap = await createImageBitmap(blob, { imageOrientation: "from-image", premultiplyAlpha: "default" });
  } catch {
    throw new Failure("undecodable", { name });
  }
  const scale = Math.min(1, Math.sqrt(WORKING_PIXELS / (bitmap.width * bitmap.height)));
  const { canvas: made, context } = canvas(bitmap.width * scale, bitmap.height * scale, true);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, made.width, made.height);
  const full = [bitmap.width, bitmap.height];
  bitmap.close();
  return { canvas: made, context, scale, full };
}

/** A square thumbnail of a canvas, as a canvas of `side` pixels. */
export function thumbnail(source, side = 112) {
  const { canvas: made, context } = canvas(side, side);
  const edge = Math.min(source.width, source.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(source, (source.width - edge) / 2, (source.height - edge) / 2, edge, edge, 0, 0, side, side);
  return made;
}
