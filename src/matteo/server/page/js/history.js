/** Undo and redo of changes to a canvas: each step holds the pixels of its rectangle before and after. */

const MOST_BYTES = 160e6;

export class History {
  #done = [];
  #undone = [];
  forgotten = false; // whether changes were made that cannot be undone any more

  get canUndo() {
    return this.#done.length > 0;
  }

  get canRedo() {
    return this.#undone.length > 0;
  }

  /** The steps that were made and not taken back, the oldest first. */
  get steps() {
    return [...this.#done];
  }

  /** Remembers a change that was made: x, y and the ImageData before and after. The oldest are forgotten first. */
  add(step) {
    this.#done.push(step);
    this.#undone = [];
    let bytes = this.#done.reduce((sum, one) => sum + 2 * one.before.data.length, 0);
    while (bytes > MOST_BYTES && this.#done.length > 1) {
      bytes -= 2 * this.#done.shift().before.data.length;
      this.forgotten = true;
    }
  }

  /** Puts the last change back; true where there was one. */
  undo(context) {
    return this.#move(this.#done, this.#undone, "before", context);
  }

  redo(context) {
    return this.#move(this.#undone, this.#done, "after", context);
  }

  #move(from, to, which, context) {
    const step = from.pop();
    if (!step) return false;
    context.putImageData(step[which], step.x, step.y);
    to.push(step);
    return true;
  }
}
