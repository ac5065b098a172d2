import type { Engine, Session, Tensor } from '../../src/engine/engine.js';

/** One run of a network. */
export interface NetworkRun {
  readonly model: string;
  readonly session: Session;
  readonly feeds: Readonly<Record<string, Tensor>>;
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
      const session = await engine.load(model);
      return {
        inputs: session.inputs,
        outputs: session.outputs,
        dispose: () => session.dispose(),
        run(feeds) {
          runs?.push({ model: String(model), session, feeds: structuredClone(feeds) });
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

/** The same runs of the same networks on the same tensors and nothing else: the baseline. */
export async function replay(runs: readonly NetworkRun[]): Promise<void> {
  for (const { session, feeds } of runs) await session.run(feeds);
}
