import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FacePipeline } from '../../src/faces/pipeline/face-pipeline.js';
import { loadPipeline } from '../../src/faces/pipeline/load.js';
import type { PipelineSpec } from '../../src/faces/pipeline/spec.js';
import { createOnnxRuntime } from '../../src/engine/onnxruntime.js';
import type { NetworkCall } from '../replay.js';
import { recordingEngine } from './recording.js';

const script = fileURLToPath(new URL('../replay.ts', import.meta.url));

/** The pipeline's network calls for each photo; null for a photo that `work` rejects. */
export async function recordCalls(
  spec: PipelineSpec,
  photos: readonly Uint8Array[],
  work: (pipeline: FacePipeline, bytes: Uint8Array) => Promise<unknown>,
): Promise<(NetworkCall[] | null)[]> {
  const engine = recordingEngine(createOnnxRuntime({ threads: 1 }));
  const pipeline = await loadPipeline(spec, { engine });
  const perPhoto: (NetworkCall[] | null)[] = [];
  for (const bytes of photos) {
    const refusals: unknown[] = [];
    const runs = await engine.record(() => work(pipeline, bytes).catch((error: unknown) => refusals.push(error)));
    perPhoto.push(refusals.length > 0 ? null : runs.map(({ model, feeds }) => ({ model, feeds })));
  }
  return perPhoto;
}

/** Merges the last call of each photo, which embeds its one face, into batches. */
export function withBatches(perPhoto: readonly NetworkCall[][], size: number): NetworkCall[] {
  const finding = perPhoto.flatMap((calls) => calls.slice(0, -1));
  const faces = perPhoto.map((calls) => calls[calls.length - 1]);
  const batches: NetworkCall[] = [];
  for (let i = 0; i < faces.length; i += size) {
    const batch = faces.slice(i, i + size);
    const [{ model, feeds }] = batch;
    const [[name, { data: first, dims }]] = Object.entries(feeds);
    const data = new Float32Array(batch.length * first.length);
    batch.forEach((call, at) => data.set(call.feeds[name].data, at * first.length));
    batches.push({ model, feeds: { [name]: { data, dims: [batch.length, ...dims.slice(1)] } } });
  }
  return [...finding, ...batches];
}

/** Single-threaded processes that only run networks, each its share of the calls. */
export function startReplay(shares: readonly (readonly NetworkCall[])[]) {
  const used = new Map<number, number>();
  const children = shares.map((calls) => {
    const child = fork(script, { execArgv: ['--import', 'tsx'], serialization: 'advanced' });
    child.send(calls);
    return child;
  });
  const runOnce = (child: ChildProcess, w: number) =>
    new Promise<void>((resolve) => {
      child.once('message', ({ user, system }: NodeJS.CpuUsage) => {
        used.set(w, user + system);
        resolve();
      });
      child.send('go');
    });
  return {
    /** Runs all calls once, on all processes in parallel. */
    round: () => Promise.all(children.map(runOnce)),
    /** CPU time of all processes so far, microseconds. */
    cpuUs: () => [...used.values()].reduce((a, b) => a + b, 0),
    end() {
      for (const child of children) child.disconnect();
    },
  };
}
