/** The pictures on the desk and the look they share. Knows no element of the page: others listen to its events. */
import { History } from "./history.js";

/** What is done with every picture; the field names are those of the command line. */
export const look = { background: "none", colour: "#ffffff", picture: null, blur: 12, shadow: "none", crop: false, margin: 10, preset: "" };

let next = 1;

/** One picture or film: its file, where it stands, and, when it is on the stage, its pixels. */
export class Item {
  constructor(file, kind) {
    this.id = next++;
    this.file = file;
    this.name = file.name || "picture.png";
    this.kind = kind; // of the file: "jpeg", …, "film"
    this.state = "waiting"; // working, done, failed
    this.failure = null;
    this.progress = null; // of a film, 0 to 1
    this.verdict = null; // {confidence, kind, reasons, notes}
    this.by = null; // "server" or "device"
    this.result = null; // the cut-out as it came: a PNG Blob; of a film the film
    this.edited = false;
    this.wasEdited = false; // before its pixels were put away
    this.version = 0; // counts changes of the cut-out's pixels
    this.saved = 0; // the version that `result` holds
    this.job = null; // of a film: the server's, and what it was asked for
    this.pixels = null; // {source, cutout, scale, full}: canvases of one size
    this.history = new History();
    this.seen = false;
    this.asking = false; // whether the network was asked about a stroke and has not answered
  }

  get film() {
    return this.kind === "film";
  }

  /** The name without its suffix. */
  get stem() {
    return this.name.replace(/\.[^.]+$/, "");
  }
}

class Desk extends EventTarget {
  items = [];
  current = null;

  tell(name, item = null) {
    this.dispatchEvent(new CustomEvent(name, { detail: item }));
  }

  add(item) {
    this.items.push(item);
    this.tell("list");
  }

  remove(item) {
    const place = this.items.indexOf(item);
    this.items = this.items.filter((one) => one !== item);
    item.controller?.abort();
    this.tell("list");
    if (this.current === item) this.select(this.items[Math.min(place, this.items.length - 1)] ?? null);
  }

  select(item) {
    if (this.current === item) return;
    this.current = item;
    this.tell("select", item);
  }

  /** Changes an item's fields and says so. */
  set(item, values) {
    Object.assign(item, values);
    this.tell("change", item);
  }

  setLook(values) {
    Object.assign(look, values);
    this.tell("look");
  }
}

export const desk = new Desk();
