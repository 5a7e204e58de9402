/** The brush's controls. */
import { brush } from "./brush.js";
import { choices, range, toggle } from "./controls.js";
import { desk } from "./desk.js";
import { byId, icon, make } from "./dom.js";
import { number, t } from "./messages.js";

export const ICON = "brush";
desk.addEventListener("change", buttons);
desk.addEventListener("select", buttons);
desk.addEventListener("device", buttons);

let pointing = false; // as it is shown

export function render() {
  pointing = brush.pointing;
  queueMicrotask(buttons);
  return [
    choices("brush", t("brush.legend"), { erase: t("brush.erase"), keep: t("brush.keep") }, brush.keep ? "keep" : "erase", (value) => brush.set({ keep: value === "keep" })),
    choices("touch", t("brush.touch"), { paint: t("brush.paint"), point: t("brush.point") }, brush.pointing ? "point" : "paint", (value) => {
      brush.set({ points: value === "point" });
      refresh();
    }),
    ...(brush.pointing ? [] : painting()),
    make("div", { class: "row" }, step("undo"), step("redo")),
    make("p", { class: "hint", id: "brush-hint" }, t(hint())),
  ];
}

const hint = () => (brush.points && brush.alone ? "brush.pointElsewhere" : brush.pointing ? "brush.pointHint" : "brush.hint");

const painting = () => [
  range("brush-size", t("brush.size"), { min: 6, max: 160, value: brush.size, told: (v) => t("brush.pixels", { n: number(v) }), oninput: (size) => brush.set({ size }) }),
  toggle("follow", t("brush.follow"), brush.follow, (follow) => brush.set({ follow })),
];

const step = (which) => make("button", { type: "button", class: "plain", id: which, onclick: () => brush[which]() }, icon(which), t(`brush.${which}`));

function buttons() {
  if (!byId("undo")) return;
  if (pointing !== brush.pointing) return refresh(); // another picture, or one that stays on the device
  byId("undo").disabled = desk.current?.asking || !desk.current?.history.canUndo;
  byId("redo").disabled = desk.current?.asking || !desk.current?.history.canRedo;
}

/** Shows the controls anew after a key changed them. */
export function refresh() {
  if (byId("undo")) byId("sheet").replaceChildren(...render());
}
