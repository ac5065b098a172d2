import type { Provider, Session } from '../../../engine/engine.js';
import { openEngine } from '../../../engine/open-engine.js';
import { FEW_LAYERS, MANY_LAYERS, trialInput, trialNetwork } from './trial-network.js';
import type { Trial, Verdict } from './verdict.js';

/** The process that tries a provider, so that a driver that crashes or hangs takes nothing else with it. */

const RUNS = 5;
/** No further run after this long: a device that needs it for one run is no GPU. */
const ENOUGH_MS = 100;
/** So many times slower than the CPU is no GPU; in software WebGPU takes some 300 times as long. */
const HOPELESS = 10;
/** Largest difference from the CPU, as a share of the largest value: 80 times what float32 takes, far less than float16. */
const TOLERANCE = 1e-4;

// Listening on keeps the process there until it is killed.
process.on('message', (trial: Trial) => {
  void judge(trial).then((verdict) => process.send!(verdict));
});

async function judge({ provider, threads }: Trial): Promise<Verdict> {
  try {
    const few = await compare(provider, threads, FEW_LAYERS);
    const hopeless = !few.works || few.gpuMs > HOPELESS * few.cpuMs;
    return hopeless ? few : await compare(provider, threads, MANY_LAYERS);
  } catch (error) {
    return { works: false, reason: reasonOf(error) };
  }
}

async function compare(provider: Provider, threads: number, layers: number): Promise<Verdict> {
  const cpu = await run('cpu', threads, layers);
  const gpu = await run(provider, threads, layers);
  if (!agree(cpu.output, gpu.output)) return { works: false, reason: 'it computes other values than the CPU' };
  return { works: true, cpuMs: cpu.ms, gpuMs: gpu.ms };
}

/** @returns what the network puts out, and the median time of a run after the first */
async function run(provider: Provider, threads: number, layers: number): Promise<{ output: Float32Array; ms: number }> {
  const engine = await openEngine({ kind: 'onnxruntime', provider }, threads);
  const session = await engine.load(trialNetwork(layers));
  const { output } = await session.run({ input: trialInput() });
  const ms = await medianMs(session);
  await session.dispose();
  return { output: output.data, ms };
}

async function medianMs(session: Session): Promise<number> {
  const times: number[] = [];
  const begin = performance.now();
  while (times.length < RUNS && performance.now() - begin < ENOUGH_MS) {
    const start = performance.now();
    await session.run({ input: trialInput() });
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
}

/** Not a number agrees with nothing. */
function agree(wanted: Float32Array, got: Float32Array): boolean {
  const largest = wanted.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  return wanted.length === got.length && wanted.every((value, i) => Math.abs(value - got[i]) <= TOLERANCE * largest);
}

/** onnxruntime writes the place in its source and the broken condition before the reason. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const [line] = message
    .split(/ was false\. ?/)
    .at(-1)!
    .trim()
    .split('\n');
  return line.replace(/\.$/, '');
}
