/** What lies behind the subject: nothing, a colour, another picture, or its own background out of focus. */
import { choices, range } from "./controls.js";
import { desk, look } from "./desk.js";
import { byId, make, toast } from "./dom.js";
import { failureOf } from "./failure.js";
import { number, t } from "./messages.js";
import { admitted, pixelsOf } from "./pictures.js";

export const ICON = "backdrop";
const COLOURS = { white: "#ffffff", black: "#000000", grey: "#e9e7e2", sand: "#ead9c2", blue: "#bcd7ee", green: "#cfe3d2" };

export function render() {
  const kinds = Object.fromEntries(["none", "colour", "picture", "blur"].map((kind) => [kind, t(`background.${kind}`)]));
  return [choices("background", t("background.legend"), kinds, look.background, chosen), ...more()];
}

/** What belongs to the chosen kind. */
function more() {
  if (look.background === "colour") return [colours()];
  if (look.background === "blur")
    return [range("blur", t("background.strength"), { min: 2, max: 40, value: look.blur, told: (v) => number(v), oninput: (blur) => desk.setLook({ blur }) })];
  if (look.background === "picture") {
    const change = make("button", { type: "button", class: "plain", onclick: () => byId("backdrop").click() }, t("background.other"));
    return [make("p", { class: "hint" }, look.picture.file.name), change];
  }
  return [make("p", { class: "hint" }, t("background.noneHint"))];
}

function colours() {
  const swatch = (colour) => {
    const square = make("i", {});
    square.style.background = colour;
    return square;
  };
  const named = Object.fromEntries(Object.entries(COLOURS).map(([name, colour]) => [colour, [swatch(colour), make("b", { class: "unseen" }, t(`colour.${name}`))]]));
  const own = make("input", { type: "color", id: "own-colour", value: look.colour, oninput: (event) => desk.setLook({ colour: event.target.value, preset: "" }) });
  return make("div", { class: "row stack" }, choices("colour", t("background.which"), named, look.colour, (colour) => {
    desk.setLook({ colour, preset: "" });
    own.value = colour;
  }, "swatches"), make("div", { class: "row" }, make("label", { for: "own-colour" }, t("background.own")), own));
}

function chosen(kind) {
  if (kind === "picture" && !look.picture) byId("backdrop").click();
  else desk.setLook({ background: kind, preset: "" });
  redraw();
}

/** Shows the tab anew, the focus where it was. */
function redraw() {
  byId("sheet").replaceChildren(...render());
  document.querySelector(`input[name="background"][value="${look.background}"]`)?.focus();
}

/** The file that was chosen for a backdrop. */
export async function take(file) {
  try {
    await admitted(file);
    const { canvas } = await pixelsOf(file, file.name);
    desk.setLook({ background: "picture", picture: { file, image: canvas }, preset: "" });
  } catch (error) {
    const failure = failureOf(error);
    toast(t(`error.${failure.key}`, { name: file.name, ...failure.values }));
  }
  if (byId("tab-background").getAttribute("aria-selected") === "true") redraw();
}
