import type { Provider, Session, Tensor } from '../../../engine/engine.js';
import { openEngine } from '../../../engine/open-engine.js';
import { GraphBuilder } from '../../../models/convert/onnx/graph-builder.js';
import { seededRandom } from '../../../shared/statistics/random.js';
import type { Trial, Verdict } from './choose.js';

/** Main file of the child process that tries a provider, so that a driver that crashes or hangs affects nothing else. */

const RUNS = 5;
/** No further run after this time. */
const MAX_MEASURING_MS = 100;
/** A device that is this many times slower than the CPU is not tried further; WebGPU in software takes some 300 times as long. */
const MAX_SLOWDOWN = 10;
/** Largest difference from the CPU, as a share of the largest value: 80 times what float32 takes, far less than float16. */
const TOLERANCE = 1e-4;

// The listener keeps the process alive until it is killed.
process.on('message', (trial: Trial) => {
  void judge(trial).then((verdict) => process.send!(verdict));
});

async function judge({ provider, threads }: Trial): Promise<Verdict> {
  try {
    const few = await compare(provider, threads, FEW_LAYERS);
    const isTooSlow = !few.works || few.gpuMs > MAX_SLOWDOWN * few.cpuMs;
    return isTooSlow ? few : await compare(provider, threads, MANY_LAYERS);
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

/** @returns the network's output, and the median duration of the runs after the first */
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
  while (times.length < RUNS && performance.now() - begin < MAX_MEASURING_MS) {
    const start = performance.now();
    await session.run({ input: trialInput() });
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
}

/** NaN agrees with nothing. */
function agree(wanted: Float32Array, got: Float32Array): boolean {
  const largest = wanted.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  return wanted.length === got.length && wanted.every((value, i) => Math.abs(value - got[i]) <= TOLERANCE * largest);
}

/** onnxruntime's messages start with a source location and the failed condition. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const [line] = message
    .split(/ was false\. ?/)
    .at(-1)!
    .trim()
    .split('\n');
  return line.replace(/\.$/, '');
}

/** A convolution of 29 million operations, where FaceNet's 132 take 21 million on the average. */
const CHANNELS = 32;
const SIDE = 40;
const KERNEL = 3;
const SEED = 1;

/** Numbers around 0, the same on every machine. */
function noise(length: number, amplitude: number): Float32Array {
  const random = seededRandom(SEED);
  return Float32Array.from({ length }, () => amplitude * (2 * random() - 1));
}

/** Enough convolutions to check the values and to recognise a software renderer. */
export const FEW_LAYERS = 4;
/** Half of FaceNet's work, so that the overhead of a GPU per operator and per run weighs as it does there. */
export const MANY_LAYERS = 48;

/** A network of convolutions like FaceNet's. `input` and `output` are (1, 32, 40, 40). */
export function trialNetwork(layers: number): Uint8Array {
  const graph = new GraphBuilder('trial');
  const dims = [1, CHANNELS, SIDE, SIDE];
  const fanIn = CHANNELS * KERNEL ** 2;
  // Keeps the magnitude of values from layer to layer (He et al. 2015), uniform: a² / 3 = 2 / n.
  const amplitude = Math.sqrt(6 / fanIn);
  const weights = graph.weight('weights', [CHANNELS, CHANNELS, KERNEL, KERNEL], noise(CHANNELS * fanIn, amplitude));
  let x = graph.input('input', dims);
  for (let layer = 0; layer < layers; layer++) {
    const sum = graph.node('Conv', [x, weights], {
      kernel_shape: { ints: [KERNEL, KERNEL] },
      pads: { ints: [1, 1, 1, 1] },
    });
    x = graph.node('Relu', [sum]);
  }
  graph.output('output', x, dims);
  return graph.finish();
}

export function trialInput(): Tensor {
  return { data: noise(CHANNELS * SIDE ** 2, 1), dims: [1, CHANNELS, SIDE, SIDE] };
}
