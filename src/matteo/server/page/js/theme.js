/** Light or dark: as the system has it, until the visitor chooses. */
import { byId } from "./dom.js";
import { t } from "./messages.js";

const KEPT = "matteo.theme";
const system = matchMedia("(prefers-color-scheme: dark)");
const chosen = () => localStorage.getItem(KEPT);

export const isDark = () => (chosen() ?? (system.matches ? "dark" : "light")) === "dark";

function show() {
  const own = chosen();
  if (own) document.documentElement.dataset.theme = own;
  const label = t(isDark() ? "theme.light" : "theme.dark");
  byId("theme").setAttribute("aria-label", label);
  byId("theme").title = label;
  document.dispatchEvent(new CustomEvent("theme"));
}

export function begin() {
  byId("theme").addEventListener("click", () => {
    localStorage.setItem(KEPT, isDark() ? "light" : "dark");
    show();
  });
  system.addEventListener("change", show);
  document.addEventListener("language", show);
  show();
}
