/** Films go through the server's jobs: sent, followed by server-sent events, fetched. Without jobs it is said so. */
import { desk, look } from "./desk.js";
import { Failure } from "./failure.js";
import * as device from "./local/device.js";
import * as service from "./service.js";

export async function work(item) {
  if (device.chosen()) throw new Failure("filmOnDevice");
  const { signal } = item.controller;
  const done = (await goneOn(item, signal)) ?? (await begun(item, signal));
  desk.set(item, { result: await service.filmResult(done, signal), state: "done", by: "server", progress: 1, job: null });
}

/** The end of the job that this film has, as jobs go on when the line breaks; null where it has none that is of use. */
async function goneOn(item, signal) {
  const { job } = item;
  if (job && job.wish !== JSON.stringify(wish())) {
    service.cancelJob(job);
    item.job = null;
  }
  if (!item.job) return null;
  try {
    return await followed(item, signal);
  } catch (error) {
    if (error.values?.status === 404) return null; // it has expired
    throw error;
  }
}

async function begun(item, signal) {
  const asked = wish();
  item.job = { ...(await service.startFilm(item.file, asked, signal)), wish: JSON.stringify(asked) };
  return followed(item, signal);
}

async function followed(item, signal) {
  const { job } = item;
  signal.addEventListener("abort", () => service.cancelJob(job), { once: true });
  desk.set(item, { progress: item.progress ?? 0 });
  try {
    return await service.follow(job, (progress) => desk.set(item, { progress }), signal);
  } catch (error) {
    if (error.key === "refused" || error.values?.status === 404) Object.assign(item, { job: null, progress: null });
    throw error;
  }
}

/** What lies behind the subject: the look's background, where a film can have it; else the film is see-through. */
function wish() {
  if (look.background === "colour") return { background: look.colour, format: "mp4" };
  if (look.background === "blur") return { background: `blur:${look.blur}`, format: "mp4" };
  return { format: "webm" };
}
