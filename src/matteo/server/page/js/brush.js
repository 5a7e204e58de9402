/** The brush: keep or erase, its size, whether it follows edges; strokes with undo and redo. */
import { say } from "./dom.js";
import { desk } from "./desk.js";
import { number, t } from "./messages.js";
import { stage } from "./stage.js";
import { Stroke } from "./stroke.js";

class Brush extends EventTarget {
  keep = false;
  size = 48; // its diameter on the screen, in CSS pixels
  follow = true;

  /** Its radius in picture pixels: zoomed in, the same brush is finer. */
  get radius() {
    return Math.max(0.75, ((this.size / 2) * stage.ratio) / stage.view.scale);
  }

  get stroking() {
    return stage.stroke !== null;
  }

  set(values) {
    Object.assign(this, values);
    if (stage.cursor) stage.cursor = [stage.cursor[0], stage.cursor[1], this.radius, this.keep];
    stage.draw();
    this.dispatchEvent(new Event("change"));
  }

  hover(point, pointer = "mouse") {
    stage.cursor = point && pointer !== "touch" ? [...point, this.radius, this.keep] : null;
    stage.draw();
  }

  start(x, y) {
    stage.stroke = new Stroke(this.keep, this.radius, this.follow);
    this.move(x, y);
  }

  move(x, y) {
    stage.stroke.to(x, y);
    stage.draw();
  }

  cancel() {
    stage.stroke = null;
    stage.draw();
  }

  /** Whether there is a cut-out to paint on. */
  get able() {
    return Boolean(stage.item?.pixels.cutout);
  }

  end() {
    const item = stage.item;
    const stroke = stage.stroke;
    stage.stroke = null;
    const step = this.able && stroke.apply(item.pixels);
    if (step) {
      item.history.add(step);
      this.#changed(item);
      say(t(this.keep ? "brush.kept" : "brush.erased"));
    } else stage.draw();
  }

  /** By keyboard: the brush's ring moves by half a radius, or by a pixel. */
  step(across, down, fine) {
    const { width, height } = stage.item.pixels.source;
    const [x, y] = stage.cursor ?? [width / 2, height / 2];
    const by = fine ? 1 : Math.max(1, this.radius / 2);
    const [nx, ny] = [Math.min(width, Math.max(0, x + across * by)), Math.min(height, Math.max(0, y + down * by))];
    stage.cursor = [nx, ny, this.radius, this.keep];
    say(t("brush.at", { x: number(Math.round((100 * nx) / width)), y: number(Math.round((100 * ny) / height)) }));
    stage.draw();
  }

  /** One touch of the brush where its ring is. */
  dab() {
    if (!this.able) return;
    if (!stage.cursor) this.step(0, 0, true);
    this.start(stage.cursor[0], stage.cursor[1]);
    this.end();
  }

  undo() {
    this.#back("undo");
  }

  redo() {
    this.#back("redo");
  }

  #back(which) {
    const item = stage.item;
    if (!item?.pixels.cutout || !item.history[which](item.pixels.cutout.getContext("2d"))) return;
    this.#changed(item);
    say(t(which === "undo" ? "brush.undone" : "brush.redone"));
  }

  #changed(item) {
    item.version++;
    desk.set(item, { edited: item.history.canUndo || item.history.forgotten || item.wasEdited });
  }
}

export const brush = new Brush();
