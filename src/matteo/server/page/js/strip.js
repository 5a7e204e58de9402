/** The thumbnails: one a picture, with its state; the one on the stage is marked. */
import { desk } from "./desk.js";
import { byId, icon, make } from "./dom.js";
import { t } from "./messages.js";
import { trust } from "./verdict.js";
import { select } from "./work.js";

const SIGNS = { done: "check", failed: "close", doubt: "warn" };

export function begin() {
  for (const name of ["list", "select"]) desk.addEventListener(name, render);
  desk.addEventListener("change", ({ detail }) => (detail ? renew(detail) : render()));
  document.addEventListener("language", render);
}

const stateOf = (item) => (item.state === "done" && item.verdict && trust(item.verdict) !== "good" ? "doubt" : item.state);

function render() {
  keepingFocus(() => byId("strip").replaceChildren(...desk.items.map(entry)));
}

/** One picture's entry, where it would look other than it does: a film tells of its progress three times a second. */
function renew(item) {
  const old = byId("strip").querySelector(`[data-item="${item.id}"]`)?.parentElement;
  if (old && old.dataset.looks !== looks(item)) keepingFocus(() => old.replaceWith(entry(item)));
}

const looks = (item) => [stateOf(item), Boolean(item.thumb), item === desk.current].join();

function keepingFocus(change) {
  const { item, remove } = document.activeElement?.dataset ?? {};
  change();
  // The button that removes is there only while its entry has the focus.
  if (item || remove) byId("strip").querySelector(`[data-item="${item ?? remove}"]`)?.focus();
  if (remove) byId("strip").querySelector(`[data-remove="${remove}"]`)?.focus();
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
    type: "button", class: "remove", "data-remove": String(item.id), "aria-label": t("strip.remove", { name: item.name }), onclick: () => desk.remove(item),
  }, icon("close"));
  return make("li", { "data-looks": looks(item) }, button, remove);
}
