/** Where the picture stands on the stage: fit, zoom to a point, pan. Numbers in, numbers out. */

const LARGEST = 16; // screen pixels per picture pixel
const LARGEST_FIT = 2; // the same, where nobody asked for more than the whole picture

export class View {
  scale = 1; // device pixels of the stage per canvas pixel of the picture
  x = 0; // of the frame's origin, in device pixels
  y = 0;
  fitted = true;
  #stage = { width: 1, height: 1, pad: 0 };
  #frame = { x: 0, y: 0, width: 1, height: 1 };

  /** The stage's size in device pixels and the frame that is shown; keeps the fit where there was one. */
  set(stage, frame) {
    const same = frame.width === this.#frame.width && frame.height === this.#frame.height;
    this.#stage = stage;
    this.#frame = frame;
    if (this.fitted || !same) this.fit();
    else this.#held();
  }

  get #least() {
    const { width, height, pad } = this.#stage;
    return Math.min((width - 2 * pad) / this.#frame.width, (height - 2 * pad) / this.#frame.height);
  }

  get #whole() {
    return Math.max(1e-3, Math.min(LARGEST_FIT, this.#least));
  }

  /** All of the frame, a small picture enlarged a little. */
  fit() {
    this.scale = this.#whole;
    this.x = (this.#stage.width - this.#frame.width * this.scale) / 2;
    this.y = (this.#stage.height - this.#frame.height * this.scale) / 2;
    this.fitted = true;
  }

  /** To a scale, the point (device pixels; the middle where none is given) staying where it is. */
  zoom(scale, x = this.#stage.width / 2, y = this.#stage.height / 2) {
    const wanted = Math.min(LARGEST, Math.max(Math.min(this.#whole, 1), scale));
    this.x = x - ((x - this.x) * wanted) / this.scale;
    this.y = y - ((y - this.y) * wanted) / this.scale;
    this.scale = wanted;
    this.fitted = Math.abs(wanted / this.#whole - 1) < 1e-3;
    if (this.fitted) this.fit();
    else this.#held();
  }

  pan(across, down) {
    this.x += across;
    this.y += down;
    this.fitted = false;
    this.#held();
  }

  /** The frame cannot leave the stage; where it is smaller it stands in the middle. */
  #held() {
    for (const [at, length] of [["x", "width"], ["y", "height"]]) {
      const [room, size] = [this.#stage[length], this.#frame[length] * this.scale];
      this[at] = size <= room ? (room - size) / 2 : Math.min(room / 4, Math.max(room - size - room / 4, this[at]));
    }
  }

  /** From device pixels of the stage to pixels of the picture. */
  toPicture(x, y) {
    return [(x - this.x) / this.scale + this.#frame.x, (y - this.y) / this.scale + this.#frame.y];
  }

  /** From pixels of the picture to device pixels of the stage. */
  toStage(x, y) {
    return [(x - this.#frame.x) * this.scale + this.x, (y - this.#frame.y) * this.scale + this.y];
  }

  /** The frame's rectangle on the stage. */
  get rect() {
    return { x: this.x, y: this.y, width: this.#frame.width * this.scale, height: this.#frame.height * this.scale };
  }
}
