/** Every text of the page, from messages/<language>.json: none stands in the code or in the HTML. */

export const LANGUAGES = { en: "English", de: "Deutsch" };
const KEPT = "matteo.language";
let texts = {};
let current = "en";

/** Loads the language that was chosen before, or the browser's own, or English. */
export async function begin() {
  const wanted = localStorage.getItem(KEPT) ?? navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag in LANGUAGES);
  await speak(wanted in LANGUAGES ? wanted : "en");
}

/** Changes the language of the whole page. */
export async function speak(language) {
  texts = await (await fetch(`messages/${language}.json`)).json();
  current = language;
  document.documentElement.lang = language;
  apply(document);
  document.dispatchEvent(new CustomEvent("language"));
}

export function choose(language) {
  localStorage.setItem(KEPT, language);
  return speak(language);
}

export const language = () => current;

export const has = (key) => key in texts;

/** The text of a key, its {names} filled in. A missing key shows itself: the tests look for it. */
export function t(key, values = {}) {
  const text = texts[key];
  if (text === undefined) return `⟦${key}⟧`;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}

/** A number as the language writes it. */
export const number = (value, digits = 0) =>
  new Intl.NumberFormat(current, { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(value);

/** Fills in all elements under `root` that name a text (data-text) or a label (data-label). */
export function apply(root) {
  for (const element of root.querySelectorAll("[data-text]")) element.textContent = t(element.dataset.text);
  for (const element of root.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", t(element.dataset.label));
    if (element.matches("button")) element.title = t(element.dataset.label);
  }
  document.title = t("title");
}
