/** The engine in a thread of its own, with ONNX Runtime for WebAssembly: one thread, or more where the page is isolated. */
import { cutOut } from "./engine.js";

const MOST_THREADS = 4;
const root = new URL("../../", import.meta.url);
let ready = null;
let last = Promise.resolve();

self.onmessage = ({ data }) => {
  last = last.then(() => work(data)).catch((error) => self.postMessage({ id: data.id, error: String(error?.message ?? error) }));
};

/** The runtime, the network and its card, loaded once. */
async function load() {
  const runtime = await import(new URL("vendor/ort.wasm.bundle.min.mjs", root).href);
  runtime.env.wasm.wasmPaths = { wasm: new URL("vendor/ort-wasm-simd-threaded.wasm", root).href };
  const most = Number(new URL(import.meta.url).search.slice(1)) || MOST_THREADS; // worker.js?1 is for measuring
  runtime.env.wasm.numThreads = self.crossOriginIsolated ? Math.min(most, navigator.hardwareConcurrency || 1) : 1;
  const [card, weights] = await Promise.all([
    fetch(new URL("page-model/matteo.json", root)).then((response) => response.json()),
    fetch(new URL("page-model/matteo.onnx", root)).then((response) => response.arrayBuffer()),
  ]);
  const session = await runtime.InferenceSession.create(new Uint8Array(weights), { executionProviders: ["wasm"], graphOptimizationLevel: "all" });
  const run = async (tensor) => {
    const input = new runtime.Tensor("float32", tensor, [1, 3, card.side, card.side]);
    const outputs = await session.run({ [session.inputNames[0]]: input });
    return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, value.data]));
  };
  return { card, run };
}

async function work({ id, rgba, width, height }) {
  const tell = (note) => self.postMessage({ id, note });
  tell("local.loading");
  ready ??= load().catch((error) => {
    ready = null; // the next try loads anew
    throw error;
  });
  const { card, run } = await ready;
  tell("local.running");
  const start = performance.now();
  const pixels = new Uint8ClampedArray(rgba);
  const verdict = await cutOut(pixels, height, width, card, run, tell);
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d").putImageData(new ImageData(pixels, width, height), 0, 0);
  const blob = await canvas.convertToBlob({ type: "image/png" });
  self.postMessage({ id, blob, verdict: { ...verdict, seconds: (performance.now() - start) / 1000 } });
}
