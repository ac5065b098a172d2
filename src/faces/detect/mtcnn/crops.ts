import type { Session } from '../../../engine/engine.js';
import type { PixelRegion } from '../../image/box.js';
import { cropArea } from '../../image/crop-area.js';
import type { IntegralImage } from '../../image/integral-image.js';
import { cornersOf, type Candidates } from './candidates.js';

/** (pixel - 127.5) * 0.0078125, as detect_face.py; unlike P-Net's input, crops are not rounded to 8 bits. */
const CROP_VALUES = { rounded: false, offset: -127.5, scale: 0.0078125 };

/** Maximum float values of the crops in one pass over the image rows: 32 MB, or 4,800 crops for R-Net. */
const MAX_PASS_VALUES = 2 ** 23;

/** The outputs of the network by name: for each candidate as many values as the network has for a crop. */
export type CropOutputs = Readonly<Record<string, Float32Array>>;

/** R-Net or O-Net: a network that classifies square crops. */
export class CropNetwork {
  /** Reused for every image: clearing new memory costs as much as filling it. */
  private crops = new Float32Array(0);

  /**
   * @param side of the network's input, pixels
   * @param batch crops per run; small enough that crops and activations stay in the CPU cache
   */
  constructor(
    private readonly session: Session,
    private readonly side: number,
    private readonly batch: number,
  ) {}

  /** Runs the network on the crops of all candidates. */
  async run(image: IntegralImage, candidates: Candidates): Promise<CropOutputs> {
    const regions = Array.from({ length: candidates.count }, (_, i) => regionOf(cornersOf(candidates, i)));
    // From top to bottom, so that a batch reads few rows of the image.
    const order = Array.from(regions.keys()).sort((a, b) => regions[a].y - regions[b].y);
    // Without the kernel, a pass over the image rows costs the same for any number of crops.
    const perPass = image.kernel === null ? Math.floor(MAX_PASS_VALUES / this.cropValues) : this.batch;
    const outputs: Record<string, Float32Array> = {};
    for (const name of this.session.outputs) outputs[name] = new Float32Array(0);
    for (let start = 0; start < order.length; start += perPass) {
      const pass = order.slice(start, start + perPass);
      const crops = this.reserveBuffer(pass.length);
      cropArea(
        image,
        pass.map((i) => regions[i]),
        this.side,
        CROP_VALUES,
        crops,
      );
      await this.runBatches(crops, pass, candidates.count, outputs);
    }
    return outputs;
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

  /** @param pass the candidate of each crop */
  private async runBatches(
    crops: Float32Array,
    pass: readonly number[],
    total: number,
    outputs: Record<string, Float32Array>,
  ): Promise<void> {
    for (let first = 0; first < pass.length; first += this.batch) {
      const batch = pass.slice(first, first + this.batch);
      const data = crops.subarray(first * this.cropValues, (first + batch.length) * this.cropValues);
      const results = await this.session.run({ image: { data, dims: [batch.length, 3, this.side, this.side] } });
      for (const [name, { data: values }] of Object.entries(results)) {
        const size = values.length / batch.length;
        if (outputs[name].length === 0) outputs[name] = new Float32Array(size * total);
        batch.forEach((to, from) => outputs[name].set(values.subarray(size * from, size * (from + 1)), size * to));
      }
    }
  }
}

/** Corners count from 1 and are inclusive: a box starts at pixel x1 - 1 and is x2 - x1 + 1 wide (`pad`). */
function regionOf([x1, y1, x2, y2]: Float64Array): PixelRegion {
  return { x: x1 - 1, y: y1 - 1, width: Math.max(x2 - x1 + 1, 1), height: Math.max(y2 - y1 + 1, 1) };
}
