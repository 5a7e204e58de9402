/** Small helpers over the DOM: elements made in one expression, icons, what is said to the reader. */
import { t } from "./messages.js";

export const byId = (id) => document.getElementById(id);

/** An element: make("button", {class: "primary", onclick: f, "aria-label": "…"}, "text", child, …). */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && typeof value !== "string") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Puts the icons into the page, once: every <use> of another file would ask for it anew. */
export async function loadIcons() {
  const text = await (await fetch("icons.svg")).text();
  const sprite = document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true);
  sprite.setAttribute("class", "unseen");
  sprite.setAttribute("aria-hidden", "true");
  document.body.prepend(sprite);
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** Said to a screen reader, not shown. */
export function say(text) {
  byId("live").textContent = "";
  requestAnimationFrame(() => (byId("live").textContent = text));
}

/** Shown at the foot of the window until it is closed or ten seconds have passed; spoken at once. */
export function toast(text, lasting = 10_000) {
  const box = make("div", { class: "toast" }, make("span", {}, text));
  const close = make("button", { type: "button", "aria-label": t("close"), onclick: () => box.remove() }, icon("close"));
  box.append(close);
  byId("toasts").replaceChildren(box);
  setTimeout(() => box.remove(), lasting);
}

/** Gives the browser a file to save. */
export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = make("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** A canvas of that size with its 2D context; pixels that are read often stay in main memory. */
export function canvas(width, height, read = false) {
  const made = document.createElement("canvas");
  made.width = Math.max(1, Math.round(width));
  made.height = Math.max(1, Math.round(height));
  const context = made.getContext("2d", { willReadFrequently: read });
  return { canvas: made, context };
}

export const toBlob = (made, type, quality) =>
  new Promise((resolve, reject) =>
    made.toBlob((blob) => (blob ? resolve(blob) : reject(new Error(`no ${type}`))), type, quality));
