/** The page: what is loaded first, and how its parts are joined. */
import { brush } from "./brush.js";
import * as camera from "./camera.js";
import * as card from "./card.js";
import { desk } from "./desk.js";
import { byId, loadIcons, make, say, toast } from "./dom.js";
import * as gestures from "./gestures.js";
import * as intake from "./intake.js";
import * as keys from "./keys.js";
import * as device from "./local/device.js";
import * as messages from "./messages.js";
import * as panel from "./panel.js";
import { stage } from "./stage.js";
import * as strip from "./strip.js";
import * as backgrounds from "./tab-background.js";
import * as theme from "./theme.js";
import { select } from "./work.js";

const { t } = messages;

/** The welcome while the desk is empty, else the desk. */
function view() {
  const empty = desk.items.length === 0;
  document.body.dataset.view = empty ? "welcome" : "desk";
  byId("welcome").hidden = !empty;
  byId("desk").hidden = empty;
  if (empty) byId("panel").hidden = true;
}

/** Reveals a result the first time that it is seen. */
function arrived({ detail: item }) {
  if (!item || item !== desk.current || item.state !== "done" || !item.pixels?.cutout || item.seen === item.result) return;
  item.seen = item.result;
  stage.held = false;
  stage.reveal();
}

function language() {
  const list = byId("language");
  list.replaceChildren(...Object.entries(messages.LANGUAGES).map(([tag, name]) => make("option", { value: tag, selected: tag === messages.language() }, name)));
  list.onchange = () => messages.choose(list.value);
}

function describe() {
  const item = desk.current;
  byId("view").setAttribute("aria-label", item ? t("stage.label", { name: item.name }) : "");
  byId("view-help").textContent = t(stage.mode === "brush" ? "stage.brushHelp" : "stage.help");
}

function acts() {
  const all = { choose: () => byId("files").click(), camera: () => camera.open((file) => intake.take([file])), example: intake.example };
  for (const button of document.querySelectorAll("[data-act]")) button.addEventListener("click", all[button.dataset.act]);
  byId("files").addEventListener("change", (event) => intake.from(event.target));
  byId("shot").addEventListener("change", (event) => intake.from(event.target));
  byId("backdrop").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    event.target.value = "";
    if (file) await backgrounds.take(file);
  });
  byId("mark").addEventListener("click", () => {
    if (!desk.items.length || confirm(t("home.confirm"))) desk.items.slice().forEach((item) => desk.remove(item));
  });
}

function connection() {
  addEventListener("offline", () => toast(t("error.offline"), 20_000));
  addEventListener("online", () => say(t("said.online")));
  addEventListener("beforeunload", (event) => desk.items.some((item) => item.edited) && event.preventDefault());
}

async function begin() {
  await Promise.all([messages.begin(), loadIcons()]);
  language();
  document.addEventListener("language", language);
  theme.begin();
  stage.begin();
  gestures.begin();
  strip.begin();
  card.begin();
  panel.begin();
  intake.begin();
  keys.begin();
  acts();
  connection();
  await device.begin();
  for (const name of ["list", "select", "change"]) desk.addEventListener(name, view);
  desk.addEventListener("select", () => (stage.slide(0), describe()));
  desk.addEventListener("select", ({ detail: item }) => item && !item.pixels && !item.loading && select(item));
  desk.addEventListener("change", arrived);
  brush.addEventListener("change", describe);
  document.addEventListener("language", describe);
  view();
  document.documentElement.dataset.ready = "yes";
}

begin();
