/** The brush: keep or erase, its size, whether it follows edges or points; strokes with undo and redo. */
import { say, toast } from "./dom.js";
import { desk } from "./desk.js";
import { failureOf } from "./failure.js";
import * as device from "./local/device.js";
import { number, t } from "./messages.js";
import { ask, ring } from "./point.js";
import { stage } from "./stage.js";
import { Stroke } from "./stroke.js";

class Brush extends EventTarget {
  keep = false;
  size = 48; // its diameter on the screen, in CSS pixels
  follow = true;
  points = false; // whether a stroke is a word to the network instead of paint

  /** Its radius in picture pixels: zoomed in, the same brush is finer. */
  get radius() {
    if (this.pointing) return ring(stage.view.scale, stage.ratio);
    return Math.max(0.75, ((this.size / 2) * stage.ratio) / stage.view.scale);
  }

  /** Where a picture stays on this device no network follows words. */
  get pointing() {
    return this.points && !this.alone;
  }

  get alone() {
    return device.chosen() || stage.item?.by === "device";
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
    return Boolean(stage.item?.pixels.cutout) && !stage.item.asking;
  }

  end() {
    const item = stage.item;
    const stroke = stage.stroke;
    stage.stroke = null;
    if (this.pointing && this.able) return this.#point(item, stroke);
    const step = this.able && stroke.apply(item.pixels);
    if (step) this.#done(item, step, this.keep ? "brush.kept" : "brush.erased");
    else stage.draw();
  }

  /** The network is asked; meanwhile nothing is painted on that picture. */
  async #point(item, stroke) {
    desk.set(item, { asking: true });
    say(t("brush.thinking"));
    try {
      const waiting = (seconds) => say(t("working.busy", { seconds }));
      const step = await ask(item, stroke, { signal: item.controller?.signal, waiting });
      desk.set(item, { asking: false });
      if (step) this.#done(item, step, stroke.keep ? "brush.kept" : "brush.erased");
      else say(t("brush.unchanged"));
    } catch (error) {
      desk.set(item, { asking: false });
      if (error.name === "AbortError") return;
      const failure = failureOf(error);
      toast(t(`error.${failure.key}`, { name: item.name, ...failure.values }));
    }
  }

  #done(item, step, said) {
    item.history.add(step);
    this.#changed(item);
    say(t(said));
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
    if (!item?.pixels.cutout || item.asking || !item.history[which](item.pixels.cutout.getContext("2d"))) return;
    this.#changed(item);
    say(t(which === "undo" ? "brush.undone" : "brush.redone"));
  }

  #changed(item) {
    item.version++;
    desk.set(item, { edited: item.history.canUndo || item.history.forgotten || item.wasEdited });
  }
}

export const brush = new Brush();

for (const name of ["select", "change"]) desk.addEventListener(name, () => stage.box?.classList.toggle("asking", Boolean(desk.current?.asking)));
