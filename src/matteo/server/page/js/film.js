/** Films go through the server's jobs: sent, followed by server-sent events, fetched. Without jobs it is said so. */
import { desk, look } from "./desk.js";
import { Failure } from "./failure.js";
import * as device from "./local/device.js";
import * as service from "./service.js";

export async function work(item) {
  if (device.chosen()) throw new Failure("filmOnDevice");
  const { signal } = item.controller;
  const job = await service.startFilm(item.file, wish(), signal);
  signal.addEventListener("abort", () => service.cancelJob(job), { once: true });
  desk.set(item, { progress: 0 });
  const done = await service.follow(job, (progress) => desk.set(item, { progress }), signal);
  desk.set(item, { result: await service.filmResult(done, signal), state: "done", by: "server", progress: 1 });
}

/** What lies behind the subject: the look's background, where a film can have it; else the film is see-through. */
function wish() {
  if (look.background === "colour") return { background: look.colour, format: "mp4" };
  if (look.background === "blur") return { background: `blur:${look.blur}`, format: "mp4" };
  return { format: "webm" };
}
