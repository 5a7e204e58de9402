/** The form controls that the tabs share. */
import { make } from "./dom.js";

/** Radio buttons as chips. choices: {value: text or element}. */
export function choices(name, legend, values, chosen, onchange, extra = "") {
  const radios = Object.entries(values).map(([value, content]) => {
    const input = make("input", { type: "radio", name, value, checked: value === chosen, onchange: () => onchange(value) });
    return make("label", { class: "choice" }, input, make("span", {}, ...[content].flat()));
  });
  return make("fieldset", { class: `choices ${extra}` }, make("legend", {}, legend), ...radios);
}

/** A range with its name and value above it. told(value): the value as text. */
export function range(id, name, { min, max, step = 1, value, told, oninput }) {
  const output = make("output", { for: id }, told(value));
  const input = make("input", { type: "range", id, min: String(min), max: String(max), step: String(step), value: String(value), "aria-valuetext": told(value) });
  input.addEventListener("input", () => {
    output.textContent = told(Number(input.value));
    input.setAttribute("aria-valuetext", told(Number(input.value)));
    oninput(Number(input.value));
  });
  return make("div", { class: "row stack" }, make("div", { class: "row" }, make("label", { for: id }, name), output), input);
}

/** A switch: a labelled check box. */
export function toggle(id, name, on, onchange) {
  const input = make("input", { type: "checkbox", role: "switch", id, checked: on, onchange: (event) => onchange(event.target.checked) });
  return make("label", { class: "switch" }, input, make("span", { class: "track", "aria-hidden": "true" }), make("span", {}, name));
}
