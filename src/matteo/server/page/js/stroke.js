/** One stroke of the brush: its path, the box that it touches, and what it does to the cut-out's pixels. */
import { plain, snapped } from "./edge.js";

/** A stroke of a brush of `radius` picture pixels; keep: it brings back, else it erases. */
export class Stroke {
  constructor(keep, radius, follow) {
    this.keep = keep;
    this.radius = radius;
    this.follow = follow;
    this.path = [];
  }

  /** Adds a point of the picture; points nearer than a quarter radius say nothing new. */
  to(x, y) {
    const last = this.path.at(-1);
    if (!last || Math.hypot(x - last[0], y - last[1]) >= this.radius / 4) this.path.push([x, y]);
  }

  /** The rectangle of pixels that it may change, or null where it lies beside the picture. */
  box(width, height) {
    const reach = Math.ceil(this.radius) + 2;
    const xs = this.path.map(([x]) => x), ys = this.path.map(([, y]) => y);
    const left = Math.max(0, Math.floor(Math.min(...xs)) - reach), top = Math.max(0, Math.floor(Math.min(...ys)) - reach);
    const right = Math.min(width, Math.ceil(Math.max(...xs)) + reach), bottom = Math.min(height, Math.ceil(Math.max(...ys)) + reach);
    return right > left && bottom > top ? { x: left, y: top, width: right - left, height: bottom - top } : null;
  }

  /** Distance of every pixel's centre in the box to the path; Infinity beyond the brush. */
  #distance(box) {
    const out = new Float32Array(box.width * box.height).fill(Infinity);
    const reach = this.radius + 2;
    const points = this.path.length > 1 ? this.path : [this.path[0], this.path[0]];
    for (let i = 1; i < points.length; i++) {
      const [[ax, ay], [bx, by]] = [points[i - 1], points[i]];
      const [dx, dy] = [bx - ax, by - ay];
      const square = dx * dx + dy * dy || 1;
      const top = Math.max(box.y, Math.floor(Math.min(ay, by) - reach)), bottom = Math.min(box.y + box.height, Math.max(ay, by) + reach);
      const left = Math.max(box.x, Math.floor(Math.min(ax, bx) - reach)), right = Math.min(box.x + box.width, Math.max(ax, bx) + reach);
      for (let y = top; y < bottom; y++)
        for (let x = left; x < right; x++) {
          const [px, py] = [x + 0.5 - ax, y + 0.5 - ay];
          const along = Math.min(1, Math.max(0, (px * dx + py * dy) / square));
          const away = Math.hypot(px - along * dx, py - along * dy);
          const place = (y - box.y) * box.width + x - box.x;
          if (away < out[place]) out[place] = away;
        }
    }
    return out;
  }

  /** Changes the cut-out; gives the step for the history, or null where nothing was touched. */
  apply({ source, cutout }) {
    const box = this.path.length ? this.box(source.width, source.height) : null;
    if (!box) return null;
    const context = cutout.getContext("2d", { willReadFrequently: true });
    const before = context.getImageData(box.x, box.y, box.width, box.height);
    const picture = source.getContext("2d", { willReadFrequently: true }).getImageData(box.x, box.y, box.width, box.height);
    const distance = this.#distance(box);
    const weight = this.follow ? snapped(picture.data, distance, box.width, box.height, this.radius) : plain(distance, this.radius);
    const after = new ImageData(new Uint8ClampedArray(before.data), box.width, box.height);
    for (let i = 0; i < weight.length; i++) if (weight[i] > 0) change(after.data, picture.data, 4 * i, weight[i], this.keep);
    context.putImageData(after, box.x, box.y);
    return { x: box.x, y: box.y, before, after };
  }
}

/** One pixel: its alpha towards 1 or 0; what comes back has the picture's own colour. */
function change(pixels, picture, at, weight, keep) {
  const old = pixels[at + 3];
  const alpha = keep ? Math.max(old, Math.round(old + weight * (picture[at + 3] - old))) : Math.round(old * (1 - weight));
  if (alpha === old) return;
  if (keep) for (let c = 0; c < 3; c++) pixels[at + c] = picture[at + c];
  pixels[at + 3] = alpha;
}
