import type { Engine, Session } from '../../engine/engine.js';
import { runnableOnnx } from '../../models/convert/runnable-onnx.js';
import { RostroError } from '../../shared/errors.js';
import { SerialQueue } from '../../shared/queue.js';
import type { Box, PixelRect } from '../image/box.js';
import type { RgbImage } from '../image/image.js';
import type { CropInputs, InputFormat } from './crop-inputs.js';

type Size = Pick<RgbImage, 'width' | 'height'>;

/** How a network that tells a living face from a picture of one is fed, and what comes out. */
export interface LivenessCard extends InputFormat {
  /** The part of the picture around a face that the network sees; it may extend beyond the picture. */
  readonly region: (box: Box, image: Size) => PixelRect;
  /** Index of the class "live" among the outputs, which have no softmax. */
  readonly live: number;
}

/**
 * MiniFASNet: class 1 is live. Source: minivision-ai, Silent-Face-Anti-Spoofing, src/generate_patches.py and test.py.
 */
const MINIFASNET = { side: 80, colour: 'BGR', divisor: 1, kernel: 'linear', live: 1 } as const;

/** By file name. Shapes: [1, 3, side, side] to [1, classes]. */
export const LIVENESS_CARDS = {
  'MiniFASNetV2.onnx': { ...MINIFASNET, region: (box, image) => enlargedInside(box, 2.7, image) },
  'MiniFASNetV1SE.onnx': { ...MINIFASNET, region: (box, image) => enlargedInside(box, 4, image) },
  // Source: facenox (github.com/facenox/facenox), the liveness detector of its server.
  'minifasnet-v2se-facenox.onnx': {
    side: 128,
    colour: 'RGB',
    divisor: 255,
    kernel: 'lanczos3',
    live: 0,
    region: (box) => squareAround(box, 1.5),
  },
} as const satisfies Record<string, LivenessCard>;

/** A loaded network. Runs of one network wait for each other. */
export class LivenessNetwork {
  private readonly runs = new SerialQueue();

  private constructor(
    private readonly session: Session,
    private readonly card: LivenessCard,
  ) {}

  /** @throws RostroError `bad_model_file`; `storage_failed` when the network cannot be stored in `cacheDir` */
  static async load(engine: Engine, path: string, card: LivenessCard, cacheDir: string): Promise<LivenessNetwork> {
    const runnable = await runnableOnnx(engine, path, cacheDir);
    const session = await engine.load(runnable).catch((cause: unknown) => {
      throw new RostroError('bad_model_file', `${path}: the engine cannot load it.`, { cause });
    });
    return new LivenessNetwork(session, card);
  }

  /** @returns the probability of each class, sum 1 */
  async probabilities(crops: CropInputs, box: Box): Promise<Float32Array> {
    const { side, region } = this.card;
    const data = await crops.input(region(box, crops.image), this.card);
    const feeds = { [this.session.inputs[0]]: { data, dims: [1, 3, side, side] } };
    const output = await this.runs.run(() => this.session.run(feeds));
    return softmax(output[this.session.outputs[0]].data);
  }

  /** @returns the logit of the class "live": ln(p / (1 - p)), finite */
  async logit(crops: CropInputs, box: Box): Promise<number> {
    return logit((await this.probabilities(crops, box))[this.card.live]);
  }

  dispose(): Promise<void> {
    return this.session.dispose();
  }
}

/** A box enlarged about its centre, as far as the picture reaches, and moved into the picture. */
function enlargedInside({ x, y, width, height }: Box, factor: number, image: Size): PixelRect {
  const scale = Math.min((image.height - 1) / height, (image.width - 1) / width, factor);
  const [left, columns] = spanInside(x + width / 2, width * scale, image.width - 1);
  const [top, rows] = spanInside(y + height / 2, height * scale, image.height - 1);
  return { x: left, y: top, width: columns, height: rows };
}

function spanInside(centre: number, length: number, limit: number): [start: number, size: number] {
  const start = Math.max(0, Math.min(Math.max(centre - length / 2, 0), limit - length));
  return [Math.floor(start), Math.max(1, Math.floor(length))];
}

/** A square around the centre of a box; it may extend beyond the picture. */
function squareAround({ x, y, width, height }: Box, factor: number): PixelRect {
  const length = Math.max(width, height) * factor;
  const side = Math.max(1, Math.floor(length));
  return {
    x: Math.floor(x + width / 2 - length / 2),
    y: Math.floor(y + height / 2 - length / 2),
    width: side,
    height: side,
  };
}

/** Farther from 0 than every measured score; keeps the logit of a probability that rounds to 0 or 1 finite. */
const NEARLY_ZERO = 1e-9;

/** @param probability 0..1 */
export function logit(probability: number): number {
  const inside = Math.min(Math.max(probability, NEARLY_ZERO), 1 - NEARLY_ZERO);
  return Math.log(inside / (1 - inside));
}

function softmax(logits: Float32Array): Float32Array {
  const highest = Math.max(...logits);
  const powers = logits.map((value) => Math.exp(value - highest));
  const sum = powers.reduce((total, value) => total + value, 0);
  return powers.map((value) => value / sum);
}
