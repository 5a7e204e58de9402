/** "Stay on this device": whether the page can do the work itself, whether it was chosen, and the work. */
import { byId } from "../dom.js";
import { desk } from "../desk.js";
import { Failure } from "../failure.js";
import { t } from "../messages.js";

const KEPT = "matteo.local";
let built = false;
let worker = null;
let next = 1;

export const available = () => built;
export const chosen = () => built && byId("local").checked;

/** Asks the server whether the runtime is built in. */
export async function begin() {
  built = await fetch("page-model/state").then(async (response) => response.ok && (await response.json()).built, () => false);
  const box = byId("local");
  box.disabled = !built;
  box.checked = built && localStorage.getItem(KEPT) === "yes";
  box.addEventListener("change", () => choose(box.checked));
  document.addEventListener("language", tell);
  tell();
}

export function choose(on) {
  byId("local").checked = on && built;
  localStorage.setItem(KEPT, on ? "yes" : "no");
  tell();
  desk.tell("device");
  return true;
}

function tell() {
  const key = !built ? "local.lacking" : chosen() ? "local.on" : "local.off";
  byId("local-state").textContent = t(key);
  byId("local-switch").title = t(key);
  byId("privacy").textContent = t(!built ? "privacy.lacking" : chosen() ? "privacy.device" : "privacy.server");
}

/** {blob, verdict}: the cut-out of a loaded item as a PNG, made in a worker. told(key): what it is doing. */
export function cut(item, told) {
  worker ??= new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  const mine = worker;
  const { source } = item.pixels;
  const pixels = source.getContext("2d").getImageData(0, 0, source.width, source.height);
  const id = next++;
  return new Promise((resolve, reject) => {
    const heard = ({ data }) => {
      if (data.id !== id) return;
      if (data.note) return told(data.note);
      end();
      if (data.error) reject(new Failure("device", { detail: data.error }, true));
      else resolve({ blob: data.blob, verdict: data.verdict });
    };
    const broken = () => {
      end();
      mine.terminate(); // one that could not be loaded answers nobody; the next try loads it anew
      if (worker === mine) worker = null;
      reject(new Failure("device", { detail: "" }, true));
    };
    const end = () => {
      mine.removeEventListener("message", heard);
      mine.removeEventListener("error", broken);
    };
    mine.addEventListener("message", heard);
    mine.addEventListener("error", broken);
    mine.postMessage({ id, width: source.width, height: source.height, rgba: pixels.data.buffer }, [pixels.data.buffer]);
  });
}
