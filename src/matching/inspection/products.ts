import { encodeOnnx } from '../../models/convert/formats/onnx.js';
import type { Engine, Session } from '../../engine/engine.js';

/** Inner products of rows with rows, by the engine: a loop in JavaScript takes over a hundred times as long (bench/gallery.ts). */
export class RowProducts {
  private constructor(
    private readonly session: Session,
    private readonly dimension: number,
  ) {}

  static async load(engine: Engine, dimension: number): Promise<RowProducts> {
    const graph = {
      name: 'products',
      inputs: [
        { name: 'left', dims: ['L', dimension] },
        { name: 'right', dims: ['R', dimension] },
      ],
      outputs: [{ name: 'products', dims: ['L', 'R'] }],
      nodes: [
        {
          op: 'Gemm',
          name: 'products',
          inputs: ['left', 'right'],
          outputs: ['products'],
          attributes: { transB: { int: 1 } },
        },
      ],
      initializers: [],
    };
    return new RowProducts(await engine.load(encodeOnnx(graph)), dimension);
  }

  /**
   * @param left row-major, rows × dimension; `right` too
   * @returns row-major, rows of `left` × rows of `right`
   */
  async of(left: Float32Array, right: Float32Array): Promise<Float32Array> {
    const tensor = (data: Float32Array) => ({ data, dims: [data.length / this.dimension, this.dimension] });
    const { products } = await this.session.run({ left: tensor(left), right: tensor(right) });
    return products.data;
  }

  dispose(): Promise<void> {
    return this.session.dispose();
  }
}
