/** What lies over the stage while a picture is worked on, when it failed, and for films. */
import { desk } from "./desk.js";
import { byId, icon, make } from "./dom.js";
import { setKey } from "./service.js";
import * as device from "./local/device.js";
import { has, number, t } from "./messages.js";
import { download } from "./result.js";
import { again } from "./work.js";

export function begin() {
  for (const name of ["select", "change"]) desk.addEventListener(name, render);
  document.addEventListener("language", render);
}

function render(event) {
  const item = desk.current;
  if (event?.type === "change" && event.detail && event.detail !== item) return; // a field or a film here is in use
  const content = item ? contentOf(item) : null;
  byId("overlay").hidden = !content;
  byId("card").className = "card";
  byId("card").replaceChildren();
  if (!content) return;
  byId("card").classList.add(...content.kind);
  byId("card").append(...content.elements);
}

function contentOf(item) {
  if (item.state === "failed") return { kind: ["bad"], elements: failed(item) };
  if (item.film) return { kind: ["film"], elements: film(item) };
  if (item.state !== "done") return { kind: ["small"], elements: [make("span", { class: "spin" }), item.note ?? t(item.state === "waiting" ? "working.waiting" : "working.now")] };
  if (item.note) return { kind: ["small"], elements: [make("span", { class: "spin" }), item.note] };
  return null;
}

function failed(item) {
  const { failure } = item;
  const values = { name: item.name, ...failure.values };
  const help = `help.${failure.key}`;
  const elements = [icon("warn"), make("h2", {}, t("failed.headline")), make("p", {}, t(`error.${failure.key}`, values))];
  if (has(help)) elements.push(make("p", { class: "hint" }, t(help, values)));
  if (failure.key === "key") elements.push(keyField(item));
  const actions = make("div", { class: "actions" });
  if (failure.again) actions.append(make("button", { type: "button", class: "primary", onclick: () => again(item) }, t("failed.again")));
  if (["offline", "unreachable", "busy"].includes(failure.key) && device.available())
    actions.append(make("button", { type: "button", class: "plain", onclick: () => device.choose(true) && again(item) }, t("failed.onDevice")));
  actions.append(make("button", { type: "button", class: "plain", onclick: () => desk.remove(item) }, t("failed.remove")));
  return [...elements, actions];
}

function keyField(item) {
  const input = make("input", { type: "password", id: "service-key", autocomplete: "off" });
  return make("form", { class: "row", onsubmit: (event) => {
    event.preventDefault();
    setKey(input.value.trim());
    again(item);
  } }, make("label", { for: "service-key" }, t("failed.key")), input, make("button", { class: "primary" }, t("failed.useKey")));
}

function film(item) {
  if (item.state === "done") {
    const video = make("video", { controls: true, src: (item.url ??= URL.createObjectURL(item.result)), "aria-label": item.name });
    return [video, make("button", { type: "button", class: "primary", onclick: () => download(item, item.result.type === "video/webm" ? "webm" : "mp4") }, icon("down"), t("film.download"))];
  }
  const share = item.progress === null ? {} : { value: item.progress };
  return [
    icon("film"), make("h2", {}, item.name), make("progress", { max: 1, ...share, "aria-label": t("film.progress") }),
    make("p", {}, item.progress === null ? t("film.sending") : t("film.at", { percent: number(100 * item.progress) })),
    make("button", { type: "button", class: "plain", onclick: () => desk.remove(item) }, t("film.cancel")),
  ];
}
