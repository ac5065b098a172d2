import type { Feed, Session } from '../src/engine/engine.js';
import { createOnnxRuntime } from '../src/engine/onnxruntime.js';

/** One run of a network: the path of its ONNX file and its feeds. */
export interface NetworkCall {
  readonly model: string;
  readonly feeds: Readonly<Record<string, Feed>>;
}

/**
 * A process of `bench/batch-rate.ts`: receives the calls first; on each further message runs them all once and responds
 * with its CPU time so far.
 */
const engine = createOnnxRuntime({ threads: 1 });
const sessions = new Map<string, Promise<Session>>();
let calls: readonly NetworkCall[] | null = null;

process.on('message', (message) => {
  if (calls !== null) void runAll(calls);
  else calls = message as NetworkCall[];
});

async function runAll(all: readonly NetworkCall[]): Promise<void> {
  for (const { model, feeds } of all) {
    if (!sessions.has(model)) sessions.set(model, engine.load(model));
    await (await sessions.get(model)!).run(feeds);
  }
  process.send!(process.cpuUsage());
}
