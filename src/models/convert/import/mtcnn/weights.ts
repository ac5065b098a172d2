import { RostroError } from '../../../../shared/errors.js';
import { parseNpy } from '../../../../shared/npy.js';
import { float32Values, PickledArray, readPickle, type PickleValue } from '../../formats/pickle.js';

/**
 * The weights of one MTCNN network as `det1.npy` … `det3.npy` of davidsandberg/facenet hold them: a pickled dictionary,
 * layer name -> parameter name (`weights`, `biases`, `alpha`) -> float32 array.
 */
export class MtcnnWeights {
  /** @throws RostroError `bad_model_file` when the bytes are no such file. */
  constructor(
    bytes: Uint8Array,
    private readonly file: string,
  ) {
    const { descr, shape, payload } = parseNpy(bytes);
    if (descr !== '|O' || shape.length > 0) throw this.bad('it holds an array, not a dictionary of layers');
    const saved = readPickle(payload);
    const layers = saved instanceof PickledArray && Array.isArray(saved.data) ? saved.data[0] : undefined;
    if (!(layers instanceof Map)) throw this.bad('it holds no dictionary of layers');
    this.layers = layers;
  }

  private readonly layers: ReadonlyMap<string, PickleValue>;

  /**
   * One parameter in row-major order.
   * @throws RostroError `bad_model_file` when the layer or parameter is missing or has another shape.
   */
  read(layer: string, parameter: 'weights' | 'biases' | 'alpha', shape: readonly number[]): Float32Array {
    const parameters = this.layers.get(layer);
    if (!(parameters instanceof Map)) throw this.bad(`the layer ${layer} is missing`);
    const array = parameters.get(parameter);
    if (!(array instanceof PickledArray)) throw this.bad(`the layer ${layer} has no ${parameter}`);
    if (array.shape.length !== shape.length || array.shape.some((size, axis) => size !== shape[axis])) {
      throw this.bad(`the ${parameter} of layer ${layer} are (${array.shape.join(', ')}), not (${shape.join(', ')})`);
    }
    return float32Values(array);
  }

  private bad(message: string): RostroError {
    return new RostroError('bad_model_file', `${this.file} is not the MTCNN weights file of that name: ${message}`);
  }
}
