import { readFile } from 'node:fs/promises';
import { createOnnxRuntime } from '../src/engine/onnxruntime.js';
import { pyramidLevels, pyramidStrips } from '../src/faces/detect/mtcnn/pyramid.js';
import { runYunet } from '../src/faces/detect/yunet.js';
import type { PixelRegion } from '../src/faces/image/box.js';
import { cropArea } from '../src/faces/image/crop-area.js';
import type { RgbImage } from '../src/faces/image/image.js';
import { IntegralImage } from '../src/faces/image/integral-image.js';
import { PixelKernel } from '../src/faces/image/pixel-kernel.js';
import { withByteInput } from '../src/models/convert/onnx/byte-input.js';
import { randomNumbers } from '../test/helpers/mtcnn-weights.js';
import { sharedPath } from '../test/helpers/shared.js';
import { quantile } from './support/harness.js';

/**
 * The pixel loops of MTCNN in WebAssembly and in TypeScript, side by side: the summed-area table, the pyramid from faces of
 * 20 px, and crops for R-Net and O-Net. The table is filled before the pyramid and the crops are timed. And YuNet, fed with
 * planes of float32 and with bytes. Medians of CPU milliseconds.
 *
 *   npm run build && npx tsx bench/pixels.ts
 */
const kernel = PixelKernel.load();
if (kernel === null) throw new Error('Run `npm run build` first.');
const buffers = [{ table: new Int32Array(0) }, { table: new Int32Array(0), kernel }];
const VALUES = { rounded: false, offset: -127.5, scale: 0.0078125 };

const WARM_UP = 30;
const ROUNDS = 100;

const rows = [];
for (const [width, height, crops] of [
  [640, 480, 200],
  [1366, 768, 2000],
]) {
  const random = randomNumbers(width);
  const data = Uint8Array.from({ length: 3 * width * height }, () => 127.5 + 127.5 * random());
  const image = { width, height, data };
  const levels = pyramidLevels(width, height, 20, 0.709);
  const faces = Array.from({ length: crops / 50 }, () => squareIn(image, random));
  const near = (px: number, by: number): number => px + Math.round(0.2 * by * random());
  const squares = Array.from({ length: crops }, (_, i): PixelRegion => {
    const { x, y, width } = faces[i % faces.length];
    return { x: near(x, width), y: near(y, width), width, height: width };
  });
  const few = squares.slice(0, crops / 20);
  const images = buffers.map((buffer) => new IntegralImage(image, buffer));
  const out = new Float32Array(3 * 24 * 24 * crops);
  const works: Record<string, (kind: number) => void> = {
    table: (kind) => fillTable(new IntegralImage(image, buffers[kind])),
    pyramid: (kind) => {
      for (const strip of pyramidStrips(images[kind], levels)) if (strip.top < 0) throw new Error();
    },
    [`${crops} crops of 24 px`]: (kind) => cropArea(images[kind], squares, 24, VALUES, out),
    [`${few.length} crops of 48 px`]: (kind) => cropArea(images[kind], few, 48, VALUES, out),
  };
  images.forEach(fillTable);
  for (const [work, run] of Object.entries(works)) {
    const [typescript, wasm] = await inTurn((kind) => Promise.resolve(run(kind)));
    rows.push({ image: `${width}×${height}`, work, typescript, wasm, ratio: (typescript / wasm).toFixed(2) });
  }
}
console.table(rows);

const model = sharedPath('models', 'yunet', 'yunet_n_dynamic.onnx');
const engine = createOnnxRuntime({ threads: 1 });
const sessions = await Promise.all(
  [model, withByteInput(await readFile(model), 'input')!].map((each) => engine.load(each)),
);
const frame = { width: 640, height: 480, data: new Uint8Array(3 * 640 * 480).map((_, i) => (i * 7919) % 251) };
const [planes, bytes] = await inTurn((kind) => runYunet(sessions[kind], frame, 0.75));
console.table([{ work: 'YuNet, 640×480', planes, bytes, ratio: (planes / bytes).toFixed(2) }]);

/** @returns the medians of both kinds */
async function inTurn(run: (kind: number) => Promise<unknown>): Promise<number[]> {
  const times: number[][] = [[], []];
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (const kind of [0, 1]) {
      const ms = await cpuMs(() => run(kind));
      if (round >= 0) times[kind].push(ms);
    }
  }
  return times.map((each) => Number(quantile(each, 0.5).toPrecision(3)));
}

/** Of all threads of the process, so that a busy machine counts less. */
async function cpuMs(run: () => Promise<unknown>): Promise<number> {
  const start = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/** A crop of the whole image needs all rows of the table, and takes no time itself. */
function fillTable(image: IntegralImage): void {
  cropArea(image, [{ x: 0, y: 0, width: image.width, height: image.height }], 1, VALUES, new Float32Array(3));
}

function squareIn({ width, height }: RgbImage, random: () => number): PixelRegion {
  const side = 20 + Math.round(60 * (1 + random()));
  const place = (length: number): number => Math.round(((length - side) / 2) * (1 + random()));
  return { x: place(width), y: place(height), width: side, height: side };
}
