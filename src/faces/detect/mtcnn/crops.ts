import type { Session, Tensor } from '../../../engine/engine.js';
import type { PixelRegion } from '../../image/box.js';
import { cropArea } from '../../image/crop-area.js';
import type { IntegralImage } from '../../image/integral-image.js';
import { cornersOf, type Candidates } from './candidates.js';

/** (pixel - 127.5) * 0.0078125, as detect_face.py; unlike P-Net's input, crops are not rounded to 8 bits. */
const CROP_VALUES = { rounded: false, offset: -127.5, scale: 0.0078125 };

/** Maximum float values of the crops in one pass over the image rows: 32 MB, or 4,800 crops for R-Net. */
const MAX_PASS_VALUES = 2 ** 23;

export type BatchOutputs = Readonly<Record<string, Tensor>>;

/** R-Net or O-Net: a network that classifies square crops. */
export class CropNetwork {
  /** Reused for every image: clearing new memory costs as much as filling it. */
  private crops = new Float32Array(0);

  /**
   * @param side of the network's input, pixels
   * @param batch crops per run; small enough that the activations stay in the CPU cache
   */
  constructor(
    private readonly session: Session,
    private readonly side: number,
    private readonly batch: number,
  ) {}

  /**
   * Runs the network on the crops of all candidates. `onBatch` receives the outputs of each batch and the index of its
   * first candidate.
   */
  async run(
    image: IntegralImage,
    candidates: Candidates,
    onBatch: (outputs: BatchOutputs, first: number, count: number) => void,
  ): Promise<void> {
    const regions = Array.from({ length: candidates.count }, (_, i) => regionOf(cornersOf(candidates, i)));
    const perPass = Math.floor(MAX_PASS_VALUES / this.cropValues);
    for (let start = 0; start < regions.length; start += perPass) {
      const pass = regions.slice(start, start + perPass);
      const crops = this.reserveBuffer(pass.length);
      cropArea(image, pass, this.side, CROP_VALUES, crops);
      await this.runBatches(crops, pass.length, (outputs, first, count) => onBatch(outputs, start + first, count));
    }
  }

  async dispose(): Promise<void> {
    await this.session.dispose();
  }

  private get cropValues(): number {
    return 3 * this.side * this.side;
  }

  private reserveBuffer(count: number): Float32Array {
    const values = count * this.cropValues;
    if (this.crops.length < values) this.crops = new Float32Array(values);
    return this.crops.subarray(0, values);
  }

  private async runBatches(
    crops: Float32Array,
    total: number,
    onBatch: (outputs: BatchOutputs, first: number, count: number) => void,
  ): Promise<void> {
    for (let first = 0; first < total; first += this.batch) {
      const count = Math.min(this.batch, total - first);
      const data = crops.subarray(first * this.cropValues, (first + count) * this.cropValues);
      onBatch(await this.session.run({ image: { data, dims: [count, 3, this.side, this.side] } }), first, count);
    }
  }
}

/** Corners count from 1 and are inclusive: a box starts at pixel x1 - 1 and is x2 - x1 + 1 wide (`pad`). */
function regionOf([x1, y1, x2, y2]: Float64Array): PixelRegion {
  return { x: x1 - 1, y: y1 - 1, width: Math.max(x2 - x1 + 1, 1), height: Math.max(y2 - y1 + 1, 1) };
}
