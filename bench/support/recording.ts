import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine, Feed, Session } from '../../src/engine/engine.js';

/** One run of a network. */
export interface NetworkRun {
  /** Path of its file. */
  readonly model: string;
  readonly session: Session;
  readonly feeds: Readonly<Record<string, Feed>>;
}

/** An engine that records the feeds of its networks. */
export interface RecordingEngine extends Engine {
  /** The network calls of `work`. */
  record(work: () => Promise<unknown>): Promise<NetworkRun[]>;
}

export function recordingEngine(engine: Engine): RecordingEngine {
  let runs: NetworkRun[] | null = null;
  return {
    name: engine.name,
    provider: engine.provider,
    async load(model) {
      const path = typeof model === 'string' ? model : await fileOf(model);
      const session = await engine.load(model);
      return {
        inputs: session.inputs,
        outputs: session.outputs,
        inputDims: session.inputDims,
        dispose: () => session.dispose(),
        run(feeds) {
          runs?.push({ model: path, session, feeds: structuredClone(feeds) });
          return session.run(feeds);
        },
      };
    },
    async record(work) {
      runs = [];
      await work();
      const recorded = runs;
      runs = null;
      return recorded;
    },
  };
}

/** Other processes load it from there. */
async function fileOf(model: Uint8Array): Promise<string> {
  const path = join(tmpdir(), `rostro-bench-${createHash('sha256').update(model).digest('hex').slice(0, 16)}.onnx`);
  await writeFile(path, model);
  return path;
}

/** The same runs of the same networks on the same tensors and nothing else: the baseline. */
export async function replay(runs: readonly NetworkRun[]): Promise<void> {
  for (const { session, feeds } of runs) await session.run(feeds);
}
