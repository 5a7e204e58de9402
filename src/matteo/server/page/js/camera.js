/** A picture from the camera: the phone's own camera where there is one, else a dialog with the live picture. */
import { byId, canvas, icon, make, toBlob } from "./dom.js";
import { t } from "./messages.js";

let stream = null;

/** Opens it; taken(file) gets the picture. */
export async function open(taken) {
  if (matchMedia("(pointer: coarse)").matches) return byId("shot").click();
  const dialog = byId("camera");
  dialog.replaceChildren(make("p", {}, t("camera.asking")), bar(dialog));
  dialog.showModal();
  dialog.addEventListener("close", stop, { once: true });
  const failed = await begin();
  if (failed) return dialog.replaceChildren(make("p", { role: "alert" }, t(failed)), bar(dialog));
  if (!dialog.open) return stop();
  const video = make("video", { autoplay: true, playsInline: true, muted: true, "aria-label": t("camera.live") });
  video.srcObject = stream;
  const shutter = make("button", { type: "button", class: "shutter", "aria-label": t("camera.take"), onclick: async () => {
    const file = await shot(video);
    dialog.close();
    taken(file);
  } });
  dialog.replaceChildren(video, bar(dialog, shutter));
  shutter.focus();
}

/** Starts the camera; gives the message's key where that fails. */
async function begin() {
  if (!navigator.mediaDevices?.getUserMedia) return "camera.insecure";
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1920 }, height: { ideal: 1440 }, facingMode: "environment" } });
  } catch (error) {
    return error.name === "NotAllowedError" ? "camera.refused" : "camera.none";
  }
  return null;
}

const bar = (dialog, shutter = make("span", {})) =>
  make("div", { class: "bar" }, make("button", { type: "button", class: "plain", onclick: () => dialog.close() }, icon("close"), t("camera.close")), shutter, make("span", {}));

function stop() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
}

async function shot(video) {
  const { canvas: made, context } = canvas(video.videoWidth, video.videoHeight);
  context.drawImage(video, 0, 0);
  const blob = await toBlob(made, "image/jpeg", 0.95);
  return new File([blob], `${t("camera.name")}.jpg`, { type: "image/jpeg" });
}
