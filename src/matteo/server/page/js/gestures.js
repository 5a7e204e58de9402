/** Pointer, wheel and keys on the stage: pan, zoom, the slider, the brush. */
import { brush } from "./brush.js";
import { desk } from "./desk.js";
import { byId } from "./dom.js";
import { stage } from "./stage.js";

const STEP = 1.25;
const pointers = new Map();
let pinch = null;
let space = false;

/** Device pixels of the stage under an event. */
function place(event) {
  const box = stage.box.getBoundingClientRect();
  return [(event.clientX - box.left) * stage.ratio, (event.clientY - box.top) * stage.ratio];
}

export function begin() {
  const view = byId("view");
  view.addEventListener("pointerdown", down);
  view.addEventListener("pointermove", moved);
  for (const name of ["pointerup", "pointercancel"]) view.addEventListener(name, up);
  view.addEventListener("pointerleave", () => brush.hover(null));
  view.addEventListener("wheel", wheeled, { passive: false });
  view.addEventListener("dblclick", (event) => stage.mode === "look" && toggle(...place(event)));
  view.addEventListener("keydown", key);
  view.addEventListener("keyup", (event) => event.key === " " && (space = false));
  for (const button of byId("toolbar").querySelectorAll("[data-zoom]")) button.addEventListener("click", () => zoom(button.dataset.zoom));
  slider(byId("slider"));
  // A stroke is of the picture on which it began.
  desk.addEventListener("select", () => brush.stroking && brush.cancel());
}

/** "in", "out", "fit" or "actual". */
export function zoom(how) {
  if (!stage.item) return;
  if (how === "fit") stage.view.fit();
  else stage.view.zoom(how === "actual" ? stage.actual : stage.view.scale * (how === "in" ? STEP : 1 / STEP));
  stage.draw();
}

const toggle = (x, y) => {
  if (stage.view.fitted) stage.view.zoom(Math.max(stage.actual, stage.view.scale * 2), x, y);
  else stage.view.fit();
  stage.draw();
};

function down(event) {
  if (!stage.item || event.button > 1) return;
  byId("view").setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, place(event));
  if (pointers.size === 2) {
    brush.cancel();
    pinch = pinched();
  } else if (painting(event)) brush.start(...stage.view.toPicture(...place(event)));
  else stage.box.classList.add("panning");
}

const painting = (event) => stage.mode === "brush" && brush.able && !space && event.button === 0 && pointers.size === 1;

function moved(event) {
  const [x, y] = place(event);
  if (stage.item && stage.mode === "brush") brush.hover(stage.view.toPicture(x, y), event.pointerType);
  const last = pointers.get(event.pointerId);
  if (!last || !stage.item) return;
  pointers.set(event.pointerId, [x, y]);
  if (pointers.size === 2) pinchMoved();
  else if (brush.stroking) for (const part of event.getCoalescedEvents?.() ?? [event]) brush.move(...stage.view.toPicture(...place(part)));
  else stage.view.pan(x - last[0], y - last[1]);
  stage.draw();
}

function up(event) {
  if (!pointers.delete(event.pointerId)) return;
  pinch = null;
  stage.box.classList.remove("panning");
  if (brush.stroking) event.type === "pointercancel" ? brush.cancel() : brush.end();
}

function pinched() {
  const [[ax, ay], [bx, by]] = [...pointers.values()];
  return { x: (ax + bx) / 2, y: (ay + by) / 2, apart: Math.hypot(ax - bx, ay - by) };
}

function pinchMoved() {
  const now = pinched();
  stage.view.pan(now.x - pinch.x, now.y - pinch.y);
  if (pinch.apart > 0) stage.view.zoom((stage.view.scale * now.apart) / pinch.apart, now.x, now.y);
  pinch = now;
}

function wheeled(event) {
  if (!stage.item) return;
  event.preventDefault();
  const lines = event.deltaMode === 1 ? 24 : 1;
  stage.view.zoom(stage.view.scale * Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0016)), ...place(event));
  stage.draw();
}

/** Keys on the picture: the help dialog lists them. */
function key(event) {
  if (!stage.item || event.ctrlKey || event.metaKey || event.altKey) return;
  const keys = { "+": () => zoom("in"), "=": () => zoom("in"), "-": () => zoom("out"), 0: () => zoom("fit"), 1: () => zoom("actual") };
  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  if (event.key in keys) keys[event.key]();
  else if (event.key in arrows) {
    if (stage.mode === "brush") brush.step(...arrows[event.key], event.shiftKey);
    else stage.view.pan(...arrows[event.key].map((way) => -60 * way * stage.ratio)), stage.draw();
  } else if (event.key === " ") {
    space = true;
  } else if (event.key === "Enter" && stage.mode === "brush") brush.dab();
  else return;
  event.preventDefault();
}

/** The line between before and after: dragged, or moved by arrow keys. */
function slider(element) {
  const to = (event) => {
    const { x, width } = stage.view.rect;
    stage.held = true;
    stage.slide((place(event)[0] - x) / width);
  };
  element.addEventListener("pointerdown", (event) => {
    element.setPointerCapture(event.pointerId);
    element.focus();
    to(event);
  });
  element.addEventListener("pointermove", (event) => element.hasPointerCapture(event.pointerId) && to(event));
  element.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: -0.02, ArrowDown: -0.02, ArrowRight: 0.02, ArrowUp: 0.02, PageDown: -0.1, PageUp: 0.1, Home: -1, End: 1 };
    if (!(event.key in steps)) return;
    event.preventDefault();
    stage.held = true;
    stage.slide(stage.split + steps[event.key]);
  });
}
