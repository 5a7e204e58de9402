/** The service: one function a request. Every failure leaves as a Failure that names what the user can do. */
import { Failure } from "./failure.js";

const WAITS = 5; // how often a busy server is asked again
const LONGEST_WAIT = 30; // seconds
const BY_CODE = {
  resolution_too_high: "tooManyPixels", invalid_file_type: "notPictureServer", failed_to_read_image: "unreadable",
  file_too_large: "tooLargeServer",
};
const BY_STATUS = { 401: "key", 402: "quota", 403: "key", 404: "lacking", 408: "slow", 413: "tooLargeServer", 501: "lacking", 504: "slow" };
const KEY = "matteo.key";

/** The key of a service that asks for one; kept until the tab is closed. */
export const setKey = (key) => sessionStorage.setItem(KEY, key);

const headers = () => (sessionStorage.getItem(KEY) ? { "X-Api-Key": sessionStorage.getItem(KEY) } : {});

/** fetch, with a network failure and every status but 2xx as a Failure; 429 and 503 are waited for. */
async function ask(path, options = {}, waiting = () => {}) {
  for (let attempt = 0; ; attempt++) {
    const response = await fetch(path, { ...options, headers: headers() }).catch((error) => {
      if (error.name === "AbortError") throw error;
      throw new Failure(navigator.onLine ? "unreachable" : "offline", {}, true);
    });
    if (response.ok) return response;
    if (response.status !== 429 && response.status !== 503) throw await failureFrom(response);
    if (attempt >= WAITS) throw new Failure("busy", {}, true);
    const seconds = Math.min(LONGEST_WAIT, Math.max(1, Number(response.headers.get("Retry-After")) || 2 ** attempt));
    waiting(seconds);
    await paused(seconds, options.signal);
  }
}

const paused = (seconds, signal) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("stopped", "AbortError"));
    });
  });

/** The refusal of the server as a Failure: by its code, else by its status, with its own words where there are any. */
async function failureFrom(response) {
  const body = await response.json().catch(() => ({}));
  const { title = "", code = "", detail = "" } = body.errors?.[0] ?? {};
  const key = BY_CODE[code] ?? BY_STATUS[response.status] ?? (title ? "refused" : "server");
  return new Failure(key, { detail: detail || title, status: response.status }, response.status >= 500 || response.status === 408);
}

/** POST /api/cutouts: the file and options of the command line's names. Gives {blob, verdict, type}. */
export async function cut(file, options = {}, { signal, waiting } = {}) {
  const form = new FormData();
  form.append("file", file, file.name || "picture");
  for (const [name, value] of Object.entries(options)) form.append(name, value);
  const response = await ask("api/cutouts", { method: "POST", body: form, signal }, waiting);
  return { blob: await response.blob(), verdict: verdictOf(response.headers), type: response.headers.get("Content-Type") };
}

function verdictOf(told) {
  const list = (name) => (told.get(name) ?? "").split("; ").filter(Boolean);
  const confidence = told.get("X-Matteo-Confidence");
  return {
    confidence: confidence === null ? null : Number(confidence),
    kind: told.get("X-Matteo-Kind"),
    reasons: list("X-Matteo-Reasons"),
    notes: list("X-Matteo-Notes"),
  };
}

/** A picture that the browser cannot decode (HEIC, TIFF), whole and upright, as a PNG of the server's making. */
export const viewable = async (file, signal) => (await cut(file, { background: "blur:0", format: "png", edges: "none" }, { signal })).blob;

/** GET /api/presets: [{name, help, look: {format?, …}}, …]. */
export const presets = async () => (await (await ask("api/presets")).json()).presets;

/** Sends a film as a job; gives the job. Failure "noFilms" where the server has no jobs of that kind. */
export async function startFilm(file, options, signal) {
  const kinds = (await (await ask("api/jobs", { signal })).json()).kinds.map((one) => one.name);
  if (!kinds.includes("video")) throw new Failure("noFilms");
  const form = new FormData();
  form.append("kind", "video");
  form.append("file", file, file.name);
  for (const [name, value] of Object.entries(options)) form.append(name, value);
  return (await ask("api/jobs", { method: "POST", body: form, signal })).json();
}

/** Follows a job by its server-sent events; told(progress 0 to 1). Gives the job when it is over; failed is a Failure. */
export async function follow(job, told, signal) {
  const response = await ask(`api/jobs/${job.id}/events`, { signal });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Failure("unreachable", {}, true);
    text += value;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const [name, said] = eventOf(text.slice(0, end));
      text = text.slice(end + 2);
      if (!said) continue;
      told(said.progress ?? 0);
      if (name === "done") return said;
      if (name === "failed" || name === "cancelled") throw new Failure("refused", { detail: reason(said.items?.[0]?.error) });
    }
  }
}

const reason = (error) => [error?.title, error?.detail].filter(Boolean).join(": ");

function eventOf(text) {
  const field = (name) => text.split("\n").filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2)).join("\n");
  return [field("event"), field("data") ? JSON.parse(field("data")) : null];
}

export const filmResult = async (job, signal) => (await ask(job.items[0].result, { signal })).blob();

/** Ends a job on the server and deletes what came of it. */
export const cancelJob = (job) => fetch(`api/jobs/${job.id}`, { method: "DELETE", headers: headers() }).catch(() => {});
