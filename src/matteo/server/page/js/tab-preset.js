/** The library's presets: each is made by the server and shown as it will be in the file. */
import { desk, look } from "./desk.js";
import { byId, make, say, toast } from "./dom.js";
import { failureOf } from "./failure.js";
import * as device from "./local/device.js";
import { has, t } from "./messages.js";
import { made } from "./result.js";
import { presets } from "./service.js";
import { stage } from "./stage.js";

export const ICON = "star";
let known = null;
let shown = 0;

/** told(format): called with a preset's own format. */
export function begin(told) {
  desk.addEventListener("look", preview);
  desk.addEventListener("select", preview);
  begin.told = told;
}

export function render() {
  if (device.chosen()) return [make("p", { class: "hint" }, t("preset.onDevice"))];
  if (known) return [list()];
  const box = make("p", { class: "hint" }, t("preset.loading"));
  presets().then((all) => {
    known = all;
    if (box.isConnected) box.replaceWith(list());
  }, (error) => (box.textContent = t(`error.${failureOf(error).key}`, failureOf(error).values)));
  return [box];
}

function list() {
  const radios = [{ name: "", help: "" }, ...known].map(({ name, help, look: its }) => {
    const input = make("input", { type: "radio", name: "preset", value: name, checked: look.preset === name, onchange: () => choose(name, its?.format) });
    const key = name || "none";
    const title = has(`preset.${key}`) ? t(`preset.${key}`) : name;
    const says = has(`presetHelp.${key}`) ? t(`presetHelp.${key}`) : help;
    return make("label", { class: "choice" }, input, make("span", {}, title, make("small", {}, says)));
  });
  return make("fieldset", { class: "presets" }, make("legend", { class: "unseen" }, t("preset.legend")), ...radios);
}

function choose(preset, format) {
  desk.setLook({ preset, background: "none", shadow: "none", crop: false });
  if (preset && format) begin.told(format === "jpeg" ? "jpg" : format);
}

/** Asks for the preset's picture; an answer that another choice has overtaken is thrown away. */
async function preview() {
  const mine = ++shown;
  stage.show(null);
  const item = desk.current;
  if (!look.preset || !item || item.state !== "done" || item.film) return;
  byId("stage").setAttribute("aria-busy", "true");
  desk.set(item, { note: t("preset.making") });
  try {
    const bitmap = await createImageBitmap(await made(item, "png"));
    if (mine === shown) stage.show(bitmap);
    say(t("preset.done"));
  } catch (error) {
    if (mine === shown) toast(t(`error.${failureOf(error).key}`, failureOf(error).values));
  }
  byId("stage").removeAttribute("aria-busy");
  desk.set(item, { note: null });
}
