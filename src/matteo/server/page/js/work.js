/** From a file to its cut-out: by the server, or on this device; a few at a time, the one on the stage first. */
import { say } from "./dom.js";
import { desk, Item } from "./desk.js";
import { Failure, failureOf } from "./failure.js";
import * as film from "./film.js";
import { History } from "./history.js";
import * as device from "./local/device.js";
import { t } from "./messages.js";
import { admitted, pixelsOf, thumbnail } from "./pictures.js";
import * as service from "./service.js";

const AT_ONCE = 2;
const HELD = 4; // pictures whose pixels stay in memory
let running = 0;
let recent = [];

/** Takes files on: those that are pictures or films come to the desk; gives the failures of the others. */
export async function take(files) {
  const failures = [];
  for (const file of files) {
    try {
      const item = new Item(file, await admitted(file));
      desk.add(item);
      if (!desk.current) await select(item);
    } catch (error) {
      failures.push(failureOf(error));
    }
  }
  pump();
  return failures;
}

/** Puts a picture on the stage, its pixels loaded. */
export async function select(item) {
  desk.select(item);
  try {
    await load(item);
  } catch (error) {
    desk.set(item, { state: "failed", failure: failureOf(error) });
  }
  pump();
}

export function again(item) {
  desk.set(item, { state: "waiting", failure: null });
  pump();
}

function pump() {
  while (running < AT_ONCE) {
    const waiting = desk.items.filter((item) => item.state === "waiting");
    const item = waiting.includes(desk.current) ? desk.current : waiting[0];
    if (!item) return;
    running++;
    work(item).finally(() => {
      running--;
      pump();
    });
  }
}

async function work(item) {
  item.controller = new AbortController();
  desk.set(item, { state: "working", note: null, since: Date.now() });
  try {
    if (item.film) await film.work(item);
    else await cutOut(item);
    say(t("said.done", { name: item.name }));
  } catch (error) {
    if (!desk.items.includes(item)) return;
    const failure = failureOf(error);
    desk.set(item, { state: "failed", failure });
    say(t(`error.${failure.key}`, { name: item.name, ...failure.values }));
  }
}

async function cutOut(item) {
  const { signal } = item.controller;
  const waiting = (seconds) => desk.set(item, { note: t("working.busy", { seconds }) });
  if (device.chosen()) {
    await load(item);
    const { blob, verdict } = await device.cut(item, (note) => desk.set(item, { note: t(note) }));
    finish(item, { result: blob, verdict, by: "device" });
  } else {
    const { blob, verdict } = await service.cut(item.file, { format: "png" }, { signal, waiting });
    finish(item, { result: blob, verdict, by: "server" });
  }
  if (desk.current === item) await load(item);
}

function finish(item, values) {
  drop(item);
  const version = item.version + 1;
  desk.set(item, { ...values, state: "done", note: null, edited: false, wasEdited: false, version, saved: version, history: new History() });
}

/** The pixels of a picture and, where there is one, of its cut-out. Loading twice at once is loading once. */
export function load(item) {
  if (item.film) return Promise.resolve();
  recent = [item, ...recent.filter((one) => one !== item && desk.items.includes(one))];
  item.loading ??= loaded(item).finally(() => (item.loading = null));
  return item.loading;
}

async function loaded(item) {
  if (!item.pixels) item.pixels = await source(item);
  if (item.result && !item.pixels.cutout) {
    const { canvas } = await pixelsOf(item.result, item.name);
    if (canvas.width !== item.pixels.source.width || canvas.height !== item.pixels.source.height) throw new Failure("undecodable", { name: item.name });
    item.pixels.cutout = canvas;
  }
  item.thumb ??= thumbnail(item.pixels.source);
  desk.tell("change", item);
  for (const old of recent.splice(HELD)) await put(old);
}

async function source(item) {
  let made;
  try {
    made = await pixelsOf(item.file, item.name);
  } catch (error) {
    if (device.chosen() || !["heic", "tiff", "avif"].includes(item.kind)) throw error;
    made = await pixelsOf(await service.viewable(item.file, item.controller?.signal), item.name);
  }
  return { source: made.canvas, scale: made.scale, full: made.full };
}

/** Puts a picture's pixels away; what the brush changed, or took back, is kept as a PNG. */
async function put(item) {
  if (item === desk.current || item.loading || item.asking || !item.pixels) return;
  const { cutout } = item.pixels;
  const { version } = item;
  if (cutout && version !== item.saved) {
    const blob = await new Promise((resolve) => cutout.toBlob(resolve, "image/png"));
    // Meanwhile it may be on the stage again, or be changed; without a file it stays in memory.
    if (!blob || item === desk.current || item.version !== version || item.pixels?.cutout !== cutout) return;
    Object.assign(item, { result: blob, saved: version, wasEdited: item.wasEdited || item.edited });
  }
  drop(item);
}

/** Forgets the cut-out's pixels, as another result takes their place; of a picture that is not on the stage all. */
function drop(item) {
  if (item === desk.current && item.pixels) item.pixels.cutout = null;
  else item.pixels = null;
}
