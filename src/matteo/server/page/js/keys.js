/** Keys that work everywhere, and the dialog that lists all of them. */
import { brush } from "./brush.js";
import { desk } from "./desk.js";
import { byId, make } from "./dom.js";
import { t } from "./messages.js";
import * as panel from "./panel.js";
import { stage } from "./stage.js";
import * as tab from "./tab-brush.js";
import { select } from "./work.js";

const LIST = ["+ −", "0", "1", "B", "X", "[ ]", "Ctrl Z", "Ctrl ⇧ Z", "← ↑ → ↓", "Enter", "N P", "?"];

export function begin() {
  addEventListener("keydown", (event) => {
    if (event.target.closest?.("input:not([type=range], [type=radio], [type=checkbox]), select, dialog[open]")) return;
    if (event.ctrlKey || event.metaKey) return undoing(event);
    const act = { b: () => panel.show(stage.mode === "brush" ? "background" : "brush"), x: swap, "[": () => sized(1 / 1.2), "]": () => sized(1.2), n: () => turn(1), p: () => turn(-1), "?": help }[event.key];
    if (!act || event.altKey || !desk.current) return;
    event.preventDefault();
    act();
  });
}

function undoing(event) {
  if (stage.mode !== "brush" || event.key.toLowerCase() !== "z") return;
  event.preventDefault();
  if (event.shiftKey) brush.redo();
  else brush.undo();
}

function swap() {
  brush.set({ keep: !brush.keep });
  tab.refresh();
}

function sized(factor) {
  brush.set({ size: Math.round(Math.min(160, Math.max(6, brush.size * factor))) });
  tab.refresh();
}

function turn(step) {
  const { items, current } = desk;
  select(items[(items.indexOf(current) + step + items.length) % items.length]);
}

function help() {
  const rows = LIST.flatMap((key, i) => [make("dt", {}, ...key.split(" ").map((one) => make("kbd", {}, one))), make("dd", {}, t(`keys.${i}`))]);
  const close = make("button", { type: "button", class: "plain", onclick: () => byId("help").close() }, t("close"));
  byId("help").replaceChildren(make("h2", {}, t("keys.label")), make("dl", {}, ...rows), make("div", { class: "actions" }, close));
  byId("help").showModal();
}
