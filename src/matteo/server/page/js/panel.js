/** The column of tools: what the network thinks of its result, four tabs, and the download at its foot. */
import { desk, look } from "./desk.js";
import { byId, icon, make, say, toast } from "./dom.js";
import { failureOf } from "./failure.js";
import { number, t } from "./messages.js";
import { download, downloadAll, FORMATS, opaque } from "./result.js";
import { stage } from "./stage.js";
import * as backgrounds from "./tab-background.js";
import * as brushes from "./tab-brush.js";
import * as frames from "./tab-frame.js";
import * as presets from "./tab-preset.js";
import { verdictBox } from "./verdict.js";

const TABS = { background: backgrounds, brush: brushes, frame: frames, preset: presets };
let open = "background";
let busy = false;
const state = { format: "png" };

export function begin() {
  render();
  document.addEventListener("language", render);
  for (const name of ["select", "list"]) desk.addEventListener(name, refresh);
  desk.addEventListener("change", ({ detail }) => {
    if (!detail || detail === desk.current) refresh();
    else if (many() !== Boolean(byId("download-all"))) refreshFoot(); // what is open there stays open
  });
  desk.addEventListener("look", refreshFoot);
  presets.begin((format) => {
    if (format in FORMATS) state.format = format;
    refreshFoot();
  });
}

function render() {
  const tabs = make("div", { class: "tabs", role: "tablist", "aria-label": t("panel.tabs") }, ...Object.keys(TABS).map(tab));
  tabs.addEventListener("keydown", turn);
  const sheet = make("div", { class: "sheet", id: "sheet", role: "tabpanel", tabindex: "0" });
  byId("panel").replaceChildren(make("div", { id: "verdict" }), tabs, sheet, make("div", { class: "foot", id: "foot" }));
  show(open);
  refresh();
}

function tab(name) {
  const chosen = name === open;
  return make("button", {
    type: "button", class: "tab", role: "tab", id: `tab-${name}`, "aria-controls": "sheet", "aria-selected": String(chosen),
    tabindex: chosen ? "0" : "-1", onclick: () => show(name),
  }, icon(TABS[name].ICON), t(`tab.${name}`));
}

/** Arrow keys between the tabs, as the ARIA pattern has it. */
function turn(event) {
  const names = Object.keys(TABS);
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  show(names[(names.indexOf(open) + step + names.length) % names.length]);
  byId(`tab-${open}`).focus();
}

/** Opens a tab; the brush works while its own is open. */
export function show(name) {
  open = name;
  for (const other of Object.keys(TABS)) {
    byId(`tab-${other}`).setAttribute("aria-selected", String(other === name));
    byId(`tab-${other}`).tabIndex = other === name ? 0 : -1;
  }
  const sheet = byId("sheet");
  sheet.setAttribute("aria-labelledby", `tab-${name}`);
  sheet.replaceChildren(...TABS[name].render());
  if (name === "brush" && look.preset) desk.setLook({ preset: "" });
  if (name === "brush") stage.show(null);
  stage.setMode(name === "brush" ? "brush" : "look");
}

function refresh() {
  const item = desk.current;
  const ready = item?.state === "done" && !item.film;
  byId("panel").hidden = !item || item.film || item.state === "failed";
  byId("panel").inert = !ready;
  byId("panel").style.opacity = ready ? "" : ".45";
  byId("verdict").replaceChildren(...(ready ? verdictBox(item) : []));
  refreshFoot();
}

const many = () => desk.items.filter((one) => one.state === "done" && !one.film).length > 1;

function refreshFoot() {
  const item = desk.current;
  if (!item || item.film) return;
  const format = make("select", { "aria-label": t("download.format"), id: "format", onchange: (event) => {
    state.format = event.target.value;
    refreshFoot();
    byId("format").focus();
  } }, ...Object.keys(FORMATS).map((name) => make("option", { value: name, selected: name === state.format }, t(`format.${name}`))));
  const main = make("button", { type: "button", class: "primary", id: "download", disabled: busy, onclick: () => run(one) },
    icon("down"), t(busy ? "download.making" : "download.one"));
  byId("foot").replaceChildren(
    make("div", { class: "row" }, format, main),
    ...(many() ? [make("button", { type: "button", class: "plain", id: "download-all", disabled: busy, onclick: () => run(all) }, t("download.all"))] : []),
    ...(opaque(state.format) ? [make("p", { class: "note" }, t("download.white"))] : []),
  );
}

async function run(task) {
  busy = true;
  refreshFoot();
  try {
    await task();
  } catch (error) {
    const failure = failureOf(error);
    toast(t(`error.${failure.key}`, failure.values));
  }
  busy = false;
  refreshFoot();
}

async function one() {
  await download(desk.current, state.format);
  say(t("download.done", { name: desk.current.name }));
}

async function all() {
  const failures = await downloadAll(state.format, (n, of) => say(t("download.each", { n: number(n), of: number(of) })));
  if (failures.length) toast(t("download.failed", { names: failures.map(([item]) => item.name).join(", ") }));
}
