import { basename } from 'node:path';
import type { Engine, Session } from '../src/engine/engine.js';
import { createOnnxRuntime } from '../src/engine/onnxruntime.js';
import { PixelKernel } from '../src/faces/image/pixel-kernel.js';
import { loadPipeline } from '../src/faces/pipeline/load.js';
import { NearestMatcher } from '../src/matching/nearest.js';
import { quantile } from './support/harness.js';
import { largePicture, oneFaceFrame, specOf, THREADS } from './support/setting.js';

/**
 * Where the milliseconds of a photo go, stage by stage, from bytes to names, with MTCNN and MobileFaceNet: a webcam frame
 * (640×480, one face, from 40 px) and a large picture (1366×768, several faces, from 20 px). Both alternate; medians, and
 * the shortest of each stage. `ratio` is the frame over its networks.
 *
 *   npx tsx bench/budget.ts
 */
const ROUNDS = 60;
const WARM_UP = 5;

/** Of the detector, without its boxes. */
const IN_DETECT = [
  'summed-area table',
  'pyramid',
  'P-Net',
  'crops for R-Net',
  'R-Net',
  'crops for O-Net',
  'O-Net',
] as const;
/** In the order in which a photo passes them. */
const STAGES = ['decode', ...IN_DETECT, 'boxes of MTCNN', 'warp', 'MobileFaceNet', 'match', 'rest'] as const;
type Stage = (typeof STAGES)[number];
const NETWORKS: readonly Stage[] = ['P-Net', 'R-Net', 'O-Net', 'MobileFaceNet'];

/** Milliseconds of each stage of the running round. */
const spent = new Map<Stage, number>();

function add(stage: Stage, ms: number): void {
  spent.set(stage, (spent.get(stage) ?? 0) + ms);
}

function of(...stages: readonly Stage[]): number {
  return stages.reduce((sum, stage) => sum + (spent.get(stage) ?? 0), 0);
}

/** An engine that adds the time of its networks. */
function timedEngine(engine: Engine): Engine {
  return {
    name: engine.name,
    provider: engine.provider,
    async load(model): Promise<Session> {
      const mtcnn = typeof model === 'string' ? /mtcnn-([pro])net/.exec(basename(model)) : null;
      const stage = mtcnn === null ? 'MobileFaceNet' : (`${mtcnn[1].toUpperCase()}-Net` as Stage);
      const session = await engine.load(model);
      return {
        inputs: session.inputs,
        outputs: session.outputs,
        inputDims: session.inputDims,
        dispose: () => session.dispose(),
        async run(feeds) {
          const start = performance.now();
          const outputs = await session.run(feeds);
          add(stage, performance.now() - start);
          return outputs;
        },
      };
    },
  };
}

/** Adds the time of the pixel loops of MTCNN, which its stages call with squares of 24 and 48 pixels and with whole levels. */
function timePixels(): void {
  if (PixelKernel.load() === null) throw new Error('Run `npm run build` first.');
  const loops = PixelKernel.prototype as unknown as {
    fillTo: (this: unknown, rows: number) => void;
    resample: (this: unknown, ...values: Parameters<PixelKernel['resample']>) => void;
  };
  const { fillTo, resample } = loops;
  loops.fillTo = function (rows) {
    const start = performance.now();
    fillTo.call(this, rows);
    add('summed-area table', performance.now() - start);
  };
  loops.resample = function (...values) {
    const [start, filled] = [performance.now(), of('summed-area table')];
    resample.apply(this, values);
    const [, { width, height }] = values;
    const isSquare = width === height;
    const stage =
      isSquare && width === 24 ? 'crops for R-Net' : isSquare && width === 48 ? 'crops for O-Net' : 'pyramid';
    add(stage, performance.now() - start - (of('summed-area table') - filled));
  };
}

async function load(name: string, jpeg: Buffer, minFacePx: number) {
  const settings = { DETECTOR: 'mtcnn', EMBEDDER: 'mobilefacenet', DETECT_MIN_FACE_PX: String(minFacePx) };
  const engine = timedEngine(createOnnxRuntime({ threads: THREADS }));
  const pipeline = await loadPipeline(specOf(settings), { engine });
  const { faces } = await pipeline.run('analyse', { bytes: jpeg });
  const people = faces.map((face, i) => ({ name: `person ${i}`, examples: [face] }));
  const matcher = new NearestMatcher({ version: 1, people: () => people });
  const rounds: Record<Stage | 'all', number>[] = [];
  const run = async () => {
    spent.clear();
    const start = performance.now();
    const found = await pipeline.run('analyse', { bytes: jpeg });
    const matchStart = performance.now();
    await matcher.match(found.faces, pipeline.info.contract.threshold);
    const end = performance.now();
    const { decode, detect, embed } = found.timingsMs;
    const inDetect = of(...IN_DETECT);
    add('decode', decode);
    add('boxes of MTCNN', detect - inDetect);
    add('warp', embed - of('MobileFaceNet'));
    add('match', end - matchStart);
    add('rest', matchStart - start - decode - detect - embed);
    const round = Object.fromEntries(STAGES.map((stage) => [stage, of(stage)])) as Record<Stage, number>;
    rounds.push({ ...round, all: end - start });
  };
  return { name: `${name}, ${faces.length} ${faces.length === 1 ? 'face' : 'faces'}`, rounds, run };
}

timePixels();
const photos = [await load('640×480', await oneFaceFrame(), 40), await load('1366×768', await largePicture(), 20)];
for (let round = 0; round < WARM_UP + ROUNDS; round++) for (const photo of photos) await photo.run();

const figures = photos.map(({ rounds }) => {
  const counted = rounds.slice(WARM_UP);
  const at = (share: number) => (stage: Stage | 'all') =>
    quantile(
      counted.map((each) => each[stage]),
      share,
    );
  return { median: at(0.5), shortest: at(0) };
});
const shown = (ms: number) => Number(ms.toFixed(2));
console.table(
  Object.fromEntries(
    [...STAGES, 'all' as const].map((stage) => [
      stage,
      Object.fromEntries(
        photos.flatMap(({ name }, i) => [
          [name, shown(figures[i].median(stage))],
          [`shortest ${i + 1}`, shown(figures[i].shortest(stage))],
        ]),
      ),
    ]),
  ),
);
const [frame, large] = figures.map(({ median }) => ({
  allMs: median('all'),
  networksMs: NETWORKS.reduce((sum, stage) => sum + median(stage), 0),
}));
console.log(
  JSON.stringify({
    bench: 'budget',
    ratio: shown(frame.allMs / frame.networksMs),
    ratioLarge: shown(large.allMs / large.networksMs),
    frameMs: shown(frame.allMs),
    frameNetworksMs: shown(frame.networksMs),
    largeMs: shown(large.allMs),
    largeNetworksMs: shown(large.networksMs),
  }),
);
