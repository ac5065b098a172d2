import sharp, { type KernelEnum } from 'sharp';
import type { Engine, Session } from '../../engine/engine.js';
import { RostroError } from '../../shared/errors.js';
import { SerialQueue } from '../../shared/queue.js';
import type { Box, PixelRect } from '../image/box.js';
import { cutOut, type RgbImage } from '../image/image.js';

type Size = Pick<RgbImage, 'width' | 'height'>;

/** How a network that tells a living face from a picture of one is fed, and what comes out. */
export interface LivenessCard {
  /** Side of the square input, pixels. */
  readonly side: number;
  /** Order of the planes of the input (CHW). */
  readonly colour: 'RGB' | 'BGR';
  /** A pixel 0..255 is divided by this. */
  readonly divisor: number;
  /** Cuts the part of the picture around a face that the network sees. */
  readonly crop: (image: RgbImage, box: Box) => RgbImage;
  /** Filter that resizes the crop. The scores depend on it: with OpenCV's INTER_LINEAR they are others. */
  readonly kernel: keyof KernelEnum;
  /** Index of the class "live" among the outputs, which have no softmax. */
  readonly live: number;
}

/**
 * MiniFASNet: class 1 is live. Source: minivision-ai, Silent-Face-Anti-Spoofing, src/generate_patches.py and test.py.
 */
const MINIFASNET = { side: 80, colour: 'BGR', divisor: 1, kernel: 'linear', live: 1 } as const;

/** By file name. Shapes: [1, 3, side, side] to [1, classes]. */
export const LIVENESS_CARDS = {
  'MiniFASNetV2.onnx': { ...MINIFASNET, crop: (image, box) => cutOut(image, enlargedInside(box, 2.7, image)) },
  'MiniFASNetV1SE.onnx': { ...MINIFASNET, crop: (image, box) => cutOut(image, enlargedInside(box, 4, image)) },
  // Source: facenox (github.com/facenox/facenox), the liveness detector of its server.
  'minifasnet-v2se-facenox.onnx': {
    ...{ side: 128, colour: 'RGB', divisor: 255, kernel: 'lanczos3', live: 0 },
    crop: (image, box) => mirroredSquare(image, box, 1.5),
  },
} as const satisfies Record<string, LivenessCard>;

/** A loaded network. Runs of one network wait for each other. */
export class LivenessNetwork {
  private readonly runs = new SerialQueue();

  private constructor(
    private readonly session: Session,
    private readonly card: LivenessCard,
  ) {}

  /** @throws RostroError `bad_model_file` */
  static async load(engine: Engine, path: string, card: LivenessCard): Promise<LivenessNetwork> {
    const session = await engine.load(path).catch((cause: unknown) => {
      throw new RostroError('bad_model_file', `${path}: the engine cannot load it.`, { cause });
    });
    return new LivenessNetwork(session, card);
  }

  /** @returns the probability of each class, sum 1 */
  async probabilities(image: RgbImage, box: Box): Promise<Float32Array> {
    const { side } = this.card;
    const data = await this.input(this.card.crop(image, box));
    const feeds = { [this.session.inputs[0]]: { data, dims: [1, 3, side, side] } };
    const output = await this.runs.run(() => this.session.run(feeds));
    return softmax(output[this.session.outputs[0]].data);
  }

  /** @returns the logit of the class "live": ln(p / (1 - p)), finite */
  async logit(image: RgbImage, box: Box): Promise<number> {
    return logit((await this.probabilities(image, box))[this.card.live]);
  }

  dispose(): Promise<void> {
    return this.session.dispose();
  }

  private async input({ width, height, data }: RgbImage): Promise<Float32Array> {
    const { side, colour, divisor, kernel } = this.card;
    const pixels = await sharp(data, { raw: { width, height, channels: 3 } })
      .resize(side, side, { fit: 'fill', kernel })
      .raw()
      .toBuffer();
    const plane = side * side;
    const input = new Float32Array(3 * plane);
    for (let c = 0; c < 3; c++) {
      const channel = colour === 'RGB' ? c : 2 - c;
      for (let i = 0; i < plane; i++) input[c * plane + i] = pixels[3 * i + channel] / divisor;
    }
    return input;
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

/** A square around the centre of a box; beyond the picture it is mirrored, without the edge twice. */
function mirroredSquare({ width, height, data }: RgbImage, box: Box, factor: number): RgbImage {
  const length = Math.max(box.width, box.height) * factor;
  const side = Math.max(1, Math.floor(length));
  const left = Math.floor(box.x + box.width / 2 - length / 2);
  const top = Math.floor(box.y + box.height / 2 - length / 2);
  const square = new Uint8Array(3 * side * side);
  for (let y = 0, to = 0; y < side; y++) {
    const row = mirrored(top + y, height) * width;
    for (let x = 0; x < side; x++, to += 3) {
      const from = 3 * (row + mirrored(left + x, width));
      square[to] = data[from];
      square[to + 1] = data[from + 1];
      square[to + 2] = data[from + 2];
    }
  }
  return { width: side, height: side, data: square };
}

/** The position in 0..limit-1 whose mirror image is at `position`. */
function mirrored(position: number, limit: number): number {
  const period = Math.max(1, 2 * (limit - 1));
  const offset = ((position % period) + period) % period;
  return Math.min(offset, period - offset);
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
