import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FacePipeline } from '../../src/faces/pipeline/face-pipeline.js';
import { loadPipeline } from '../../src/faces/pipeline/load.js';
import type { PipelineSpec } from '../../src/faces/pipeline/spec.js';
import { createOnnxRuntime } from '../../src/engine/onnxruntime.js';
import type { NetworkCall, ReplayStep } from '../replay.js';
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

/** Single-threaded processes, each with its share of the steps. */
export function startReplay(shares: readonly (readonly ReplayStep[])[]) {
  const used = new Map<number, number>();
  const children = shares.map((steps) => {
    const child = fork(script, { execArgv: ['--import', 'tsx'], serialization: 'advanced' });
    child.send(steps);
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
    /** Runs all steps once, on all processes in parallel. */
    round: () => Promise.all(children.map(runOnce)),
    /** CPU time of all processes so far, microseconds. */
    cpuUs: () => [...used.values()].reduce((a, b) => a + b, 0),
    pids: children.map(({ pid }) => pid!),
    end() {
      for (const child of children) child.disconnect();
    },
  };
}
