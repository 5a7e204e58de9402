/** What is seen: backdrop, shadow, cut-out, and the part of the picture that is shown. For the stage and for files. */
import { canvas } from "./dom.js";
import { blurredPlate } from "./plate.js";
import { shadowOf } from "./shadow.js";

const SOLID = 26; // alpha of 0.1, from which a pixel counts for the subject's box

/** The box of the subject in canvas pixels, or null where there is none. */
export function subjectBox(cutout) {
  const context = cutout.getContext("2d", { willReadFrequently: true });
  const { width, height } = cutout;
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let start = 0; start < height; start += 256) {
    const rows = Math.min(256, height - start);
    const { data } = context.getImageData(0, start, width, rows);
    for (let y = 0; y < rows; y++) {
      const row = 4 * y * width + 3;
      let first = 0;
      while (first < width && data[row + 4 * first] < SOLID) first++;
      if (first === width) continue;
      let last = width - 1;
      while (data[row + 4 * last] < SOLID) last--;
      left = Math.min(left, first);
      right = Math.max(right, last);
      top = Math.min(top, start + y);
      bottom = start + y;
    }
  }
  return right < 0 ? null : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

/** What is made of one version of a cut-out, once: its box, shadow and blurred background. */
export class Scene {
  #made = new Map();
  #of = "";

  #once(item, name, make) {
    const version = `${item.id}.${item.version}`;
    if (this.#of !== version) this.#made.clear();
    this.#of = version;
    if (!this.#made.has(name)) this.#made.set(name, make());
    return this.#made.get(name);
  }

  box(item) {
    return this.#once(item, "box", () => subjectBox(item.pixels.cutout));
  }

  /** The rectangle of the result, in canvas pixels of the picture: all of it, or the subject with its margin. */
  frame(item, look) {
    const { width, height } = item.pixels.source;
    const box = look.crop ? this.box(item) : null;
    if (!box) return { x: 0, y: 0, width, height };
    const room = (look.margin / 100) * Math.max(box.width, box.height);
    const [wide, high] = [box.width, box.height].map((length) => Math.max(1, rounded(length + 2 * room)));
    const [left, top] = [(wide - box.width) / 2 - box.x, (high - box.height) / 2 - box.y];
    return { x: -rounded(left), y: -rounded(top), width: wide, height: high };
  }

  /** Paints the result into `frame`, in canvas pixels. checker: called where the background is transparent. */
  paint(context, item, look, frame, checker = null) {
    this.#backdrop(context, item, look, frame, checker);
    const shadow = look.shadow === "none" ? null
      : this.#once(item, look.shadow, () => shadowOf(item.pixels.cutout, this.box(item), look.shadow));
    if (shadow) context.drawImage(shadow.canvas, shadow.x, shadow.y, shadow.width, shadow.height);
    context.drawImage(item.pixels.cutout, 0, 0);
  }

  #backdrop(context, item, look, frame, checker) {
    const { x, y, width, height } = frame;
    if (look.background === "colour") {
      context.fillStyle = look.colour;
      context.fillRect(x, y, width, height);
    } else if (look.background === "picture" && look.picture) {
      covered(context, look.picture.image, frame);
    } else if (look.background === "blur") {
      checker?.();
      const plate = this.#once(item, `blur ${look.blur}`, () => blurredPlate(item.pixels, look.blur));
      context.imageSmoothingEnabled = true;
      context.drawImage(plate, 0, 0, item.pixels.source.width, item.pixels.source.height);
    } else checker?.();
  }

  /** The result as a canvas of its own size. */
  rendered(item, look) {
    const frame = this.frame(item, look);
    const { canvas: made, context } = canvas(frame.width, frame.height);
    context.translate(-frame.x, -frame.y);
    this.paint(context, item, look, frame);
    return made;
  }
}

/** To the nearest whole number, of two to the even one, as the library rounds: else the frame is a pixel beside its. */
function rounded(value) {
  const down = Math.floor(value);
  return value - down === 0.5 ? 2 * Math.round(down / 2) : Math.round(value);
}

/** An image over a rectangle, its aspect kept, what juts out cut off evenly. */
function covered(context, image, { x, y, width, height }) {
  const scale = Math.max(width / image.width, height / image.height);
  const [w, h] = [width / scale, height / scale];
  context.imageSmoothingQuality = "high";
  context.drawImage(image, (image.width - w) / 2, (image.height - h) / 2, w, h, x, y, width, height);
}
