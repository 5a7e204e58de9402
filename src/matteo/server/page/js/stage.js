/** The picture in the middle: paints it, and knows where the slider and the brush are. Gestures are in gestures.js. */
import { byId } from "./dom.js";
import { desk, look } from "./desk.js";
import { number, t } from "./messages.js";
import { Scene } from "./scene.js";
import { isDark } from "./theme.js";
import { View } from "./view.js";

const FAINT = 0.28; // of the picture, where the brush has taken it away
const SQUARE = 9; // CSS pixels of the checkerboard
const BRUSH = { keep: "46, 160, 110", erase: "226, 72, 60" };

class Stage {
  scene = new Scene();
  view = new View();
  mode = "look"; // or "brush"
  split = 0; // of the frame's width: left of it the picture before
  stroke = null;
  cursor = null; // [x, y, radius] of the brush, in picture pixels
  finished = null; // an ImageBitmap of the server's making, shown instead
  #asked = false;

  begin() {
    this.box = byId("stage");
    this.canvas = byId("view");
    this.context = this.canvas.getContext("2d");
    new ResizeObserver(() => this.refit()).observe(this.box);
    for (const name of ["select", "look", "change"]) desk.addEventListener(name, () => this.refit());
    document.addEventListener("theme", () => this.draw());
  }

  get item() {
    return desk.current?.pixels ? desk.current : null;
  }

  get ratio() {
    return window.devicePixelRatio || 1;
  }

  /** What is shown of the picture: all of it while it is worked on, else the look's frame. */
  get frame() {
    const { width, height } = this.item.pixels.source;
    if (this.finished) return { x: 0, y: 0, width: this.finished.width, height: this.finished.height };
    if (this.mode === "brush" || !this.item.pixels.cutout) return { x: 0, y: 0, width, height };
    return this.scene.frame(this.item, look);
  }

  get comparable() {
    return Boolean(this.item?.pixels.cutout) && this.mode === "look" && !this.finished;
  }

  /** After a change of the stage's or the frame's size. */
  refit() {
    const box = this.box.getBoundingClientRect();
    if (!box.width) return;
    if (!this.item) return this.#clear();
    const [width, height] = [Math.round(box.width * this.ratio), Math.round(box.height * this.ratio)];
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    this.view.set({ width, height, pad: 22 * this.ratio }, this.frame);
    this.draw();
  }

  /** Nothing is on the stage: another picture must not seem to be. */
  #clear() {
    this.context.setTransform(1, 0, 0, 1, 0, 0);
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    byId("slider").hidden = true;
    this.box.classList.remove("comparing");
    byId("zoom").textContent = "";
  }

  draw() {
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame(() => {
      this.#asked = false;
      if (this.item) this.#paint();
    });
  }

  #paint() {
    const { context, view, item } = this;
    const frame = this.frame;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.imageSmoothingEnabled = view.scale < 2 * this.ratio;
    context.imageSmoothingQuality = "high";
    context.save();
    context.translate(view.x, view.y);
    context.scale(view.scale, view.scale);
    context.translate(-frame.x, -frame.y);
    context.beginPath();
    context.rect(frame.x, frame.y, frame.width, frame.height);
    context.clip();
    if (this.finished) this.#checker(), context.drawImage(this.finished, 0, 0);
    else if (!item.pixels.cutout) context.drawImage(item.pixels.source, 0, 0);
    else if (this.mode === "brush") this.#paintBrush(item);
    else this.#paintLook(item, frame);
    context.restore();
    this.#placeSlider();
    const percent = `${number((100 * view.scale) / this.actual)} %`;
    byId("zoom").textContent = percent;
    byId("zoom").parentElement.setAttribute("aria-label", t("zoom.actual", { percent }));
  }

  /** The view's scale at which a pixel of the file is a pixel of the screen. */
  get actual() {
    return this.finished ? 1 : 1 / this.item.pixels.scale;
  }

  #paintLook(item, frame) {
    const { context } = this;
    const at = frame.x + this.split * frame.width;
    if (this.split > 0) context.drawImage(item.pixels.source, 0, 0);
    context.save();
    context.beginPath();
    context.rect(at, frame.y, frame.width * (1 - this.split), frame.height);
    context.clip();
    this.scene.paint(context, item, look, frame, () => this.#checker());
    context.restore();
  }

  #paintBrush(item) {
    const { context } = this;
    this.#checker();
    context.globalAlpha = FAINT;
    context.drawImage(item.pixels.source, 0, 0);
    context.globalAlpha = 1;
    context.drawImage(item.pixels.cutout, 0, 0);
    if (this.stroke?.path.length) this.#paintStroke();
    if (this.cursor) this.#paintCursor();
  }

  #paintStroke() {
    const { context, stroke } = this;
    context.strokeStyle = `rgba(${BRUSH[stroke.keep ? "keep" : "erase"]}, .5)`;
    context.lineWidth = 2 * stroke.radius;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(...stroke.path[0]);
    for (const point of stroke.path.length > 1 ? stroke.path.slice(1) : stroke.path) context.lineTo(...point);
    context.stroke();
  }

  #paintCursor() {
    const { context, view } = this;
    const [x, y, radius, keep] = this.cursor;
    for (const [colour, width] of [["rgba(0,0,0,.55)", 3.5], [`rgb(${BRUSH[keep ? "keep" : "erase"]})`, 2]]) {
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.strokeStyle = colour;
      context.lineWidth = (width * this.ratio) / view.scale;
      context.stroke();
    }
  }

  /** Squares that keep their size on the screen. */
  #checker() {
    const { context, view } = this;
    const { x, y, width, height } = view.rect;
    const side = Math.round(SQUARE * this.ratio);
    const [light, dark] = isDark() ? ["#2b2b29", "#363633"] : ["#ffffff", "#ebebe8"];
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = light;
    context.fillRect(x, y, width, height);
    context.fillStyle = dark;
    const [left, top] = [Math.max(0, Math.floor(-x / side)), Math.max(0, Math.floor(-y / side))];
    for (let row = top; row * side < height && y + row * side < this.canvas.height; row++)
      for (let column = left + ((left + row) % 2); column * side < width && x + column * side < this.canvas.width; column += 2)
        context.fillRect(x + column * side, y + row * side, Math.min(side, width - column * side), Math.min(side, height - row * side));
    context.restore();
  }

  #placeSlider() {
    const slider = byId("slider");
    slider.hidden = !this.comparable;
    this.box.classList.toggle("comparing", this.comparable && this.split > 0.001);
    if (!this.comparable) return;
    const { x, y, width, height } = this.view.rect;
    const [left, top] = [Math.max(0, y), Math.min(this.canvas.height, y + height)].map((value) => value / this.ratio);
    slider.style.left = `${Math.min(this.canvas.width, Math.max(0, x + this.split * width)) / this.ratio}px`;
    slider.style.top = `${left}px`;
    slider.style.height = `${top - left}px`;
    slider.setAttribute("aria-valuenow", Math.round(100 * this.split));
    slider.setAttribute("aria-valuetext", t("slider.value", { percent: Math.round(100 * this.split) }));
    const [first, last] = this.box.querySelectorAll(".tag");
    const inset = 8;
    Object.assign(first.style, { left: `${Math.max(0, x) / this.ratio + inset}px`, top: `${left + inset}px` });
    Object.assign(last.style, { left: `${Math.min(this.canvas.width, x + width) / this.ratio - inset - last.offsetWidth}px`, top: `${left + inset}px` });
  }

  /** Sweeps from the picture to its cut-out, once, when a result comes. */
  reveal() {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return this.slide(0);
    const begin = performance.now();
    const item = this.item;
    const step = (now) => {
      if (this.item !== item || this.held) return;
      const share = Math.min(1, Math.max(0, (now - begin) / 900));
      this.slide((1 - share) ** 3);
      if (share < 1) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  slide(split) {
    this.split = Math.min(1, Math.max(0, split));
    this.draw();
  }

  setMode(mode) {
    if (this.mode === mode) return;
    this.mode = mode;
    this.box.dataset.mode = mode;
    this.cursor = null;
    this.refit();
  }

  show(finished) {
    this.finished?.close?.();
    this.finished = finished;
    this.refit();
  }
}

export const stage = new Stage();
