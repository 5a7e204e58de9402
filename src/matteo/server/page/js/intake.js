/** Pictures come in: chosen, dropped anywhere, pasted, or the example. */
import { byId, say, toast } from "./dom.js";
import { t } from "./messages.js";
import { take as work } from "./work.js";

export function begin() {
  let depth = 0; // dragenter and dragleave come for every element on the way
  const veil = (shown) => (byId("dropveil").hidden = !shown);
  addEventListener("dragenter", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    depth++;
    veil(true);
  });
  addEventListener("dragleave", () => veil((depth = Math.max(0, depth - 1)) > 0));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    veil(false);
    take([...(event.dataTransfer?.files ?? [])]);
  });
  addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) take(files);
    else if (!event.target.closest("input, textarea")) toast(t("error.nothingPasted"));
  });
}

/** The files of an <input>, which may be chosen again. */
export function from(input) {
  const files = [...input.files];
  input.value = "";
  return take(files);
}

export async function take(files) {
  if (!files.length) return;
  say(t("said.taken", { count: files.length }));
  const failures = await work(files);
  if (failures.length) toast(failures.map((one) => t(`error.${one.key}`, one.values)).join(" "), 15_000);
}

export async function example() {
  const blob = await (await fetch("example.jpg")).blob();
  await take([new File([blob], "astronaut.jpg", { type: "image/jpeg" })]);
}
