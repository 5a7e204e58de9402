/** The thumbnails: one a picture, with its state; the one on the stage is marked. */
import { desk } from "./desk.js";
import { byId, icon, make } from "./dom.js";
import { t } from "./messages.js";
import { trust } from "./verdict.js";
import { select } from "./work.js";

const SIGNS = { done: "check", failed: "close", doubt: "warn" };

export function begin() {
  for (const name of ["list", "select", "change"]) desk.addEventListener(name, render);
  document.addEventListener("language", render);
}

const stateOf = (item) => (item.state === "done" && item.verdict && trust(item.verdict) !== "good" ? "doubt" : item.state);

function render() {
  const focused = document.activeElement?.dataset?.item;
  byId("strip").replaceChildren(...desk.items.map(entry));
  if (focused) byId("strip").querySelector(`[data-item="${focused}"]`)?.focus();
}

function entry(item) {
  const state = stateOf(item);
  const sign = state in SIGNS ? icon(SIGNS[state]) : make("span", { class: "spin" });
  const button = make("button", {
    type: "button", class: "thumb", "data-item": String(item.id), "data-state": state, title: item.name,
    "aria-label": t("strip.item", { name: item.name, state: t(`state.${state}`) }), "aria-current": String(item === desk.current),
    onclick: () => select(item),
  }, item.thumb ?? icon(item.film ? "film" : "picture"), make("span", { class: "state" }, sign));
  const remove = make("button", {
    type: "button", class: "remove", "aria-label": t("strip.remove", { name: item.name }), onclick: () => desk.remove(item),
  }, icon("close"));
  return make("li", {}, button, remove);
}
