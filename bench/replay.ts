import sharp from 'sharp';
import type { Feed, Session } from '../src/engine/engine.js';
import { createOnnxRuntime } from '../src/engine/onnxruntime.js';
import type { RgbImage } from '../src/faces/image/image.js';
import { CROP_JPEG } from '../src/faces/pipeline/kept-crop.js';

/** One run of a network: the path of its ONNX file and its feeds. */
export interface NetworkCall {
  readonly model: string;
  readonly feeds: Readonly<Record<string, Feed>>;
}

/** A run of a network, decoding a photo, or encoding the pixels of a stored crop. */
export type ReplayStep = NetworkCall | { readonly decode: Uint8Array } | { readonly encode: RgbImage };

/**
 * A process of `startReplay` (`support/raw-rate.ts`): receives the steps first; on each further message runs them all
 * once, one after another, and responds with its CPU time so far.
 */
const engine = createOnnxRuntime({ threads: 1 });
const sessions = new Map<string, Promise<Session>>();
let steps: readonly ReplayStep[] | null = null;

process.on('message', (message) => {
  if (steps !== null) void runAll(steps);
  else steps = message as ReplayStep[];
});

async function runAll(all: readonly ReplayStep[]): Promise<void> {
  for (const step of all) await run(step);
  process.send!(process.cpuUsage());
}

async function run(step: ReplayStep): Promise<unknown> {
  if ('decode' in step) return sharp(step.decode).raw().toBuffer();
  if ('encode' in step) {
    const { width, height, data } = step.encode;
    return sharp(data, { raw: { width, height, channels: 3 } })
      .jpeg(CROP_JPEG)
      .toBuffer();
  }
  const { model, feeds } = step;
  if (!sessions.has(model)) sessions.set(model, engine.load(model));
  return (await sessions.get(model)!).run(feeds);
}
