/** Crop to the subject, and a shadow beneath it. */
import { choices, range, toggle } from "./controls.js";
import { desk, look } from "./desk.js";
import { make } from "./dom.js";
import { number, t } from "./messages.js";

export const ICON = "frame";

export function render() {
  const margin = range("margin", t("frame.margin"), { min: 0, max: 60, value: look.margin, told: (v) => `${number(v)} %`, oninput: (margin) => desk.setLook({ margin, preset: "" }) });
  margin.hidden = !look.crop;
  const hint = make("p", { class: "hint" }, t("shadow.room"));
  hint.hidden = look.shadow === "none" || look.crop;
  const shadows = Object.fromEntries(["none", "contact", "drop"].map((kind) => [kind, t(`shadow.${kind}`)]));
  return [
    toggle("crop", t("frame.crop"), look.crop, (crop) => {
      margin.hidden = !crop;
      desk.setLook({ crop, preset: "" });
    }),
    margin,
    choices("shadow", t("shadow.legend"), shadows, look.shadow, (shadow) => {
      desk.setLook({ shadow, preset: "" });
      hint.hidden = shadow === "none" || look.crop;
    }),
    hint,
  ];
}
