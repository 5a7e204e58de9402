/** How far a result can be trusted, in words: never more than the network itself expects. */
import { icon, make } from "./dom.js";
import { has, number, t } from "./messages.js";

const WORTH_A_LOOK = 0.7; // as matteo.matting.confidence has it
const NONE = ["no clear subject", "no subject found"];

/** "good", "doubt" or "none" for a verdict {confidence, reasons, notes}. */
export function trust({ confidence, reasons = [], notes = [] }) {
  if ([...reasons, ...notes].some((text) => NONE.some((start) => text.startsWith(start)))) return "none";
  if (reasons.length || (confidence !== null && confidence < WORTH_A_LOOK)) return "doubt";
  return "good";
}

/** The elements of the box above the tabs. */
export function verdictBox(item) {
  if (!item.verdict || (item.verdict.confidence === null && !item.verdict.reasons.length)) return [];
  const level = trust(item.verdict);
  const expected = item.verdict.confidence === null ? "" : t("verdict.expected", { percent: number(100 * item.verdict.confidence) });
  const reasons = item.verdict.reasons.filter((reason) => !NONE.includes(reason)).map(said);
  const advice = level === "good" ? "" : t(level === "none" ? "verdict.noneAdvice" : "verdict.doubtAdvice");
  const where = item.by === "device" ? t("verdict.onDevice") : "";
  const open = level !== "good" && matchMedia("(min-width: 900px)").matches;
  return [make("details", { class: "verdict", "data-trust": level, open },
    make("summary", {}, icon(level === "good" ? "check" : "warn"), make("strong", {}, t(`verdict.${level}`))),
    make("p", {}, [...reasons, expected, advice, where].filter(Boolean).join(" ")))];
}

/** A reason of the library's in the page's language. */
function said(reason) {
  const key = `reason.${reason.replaceAll(" ", "-")}`;
  return has(key) ? t(key) : reason;
}
