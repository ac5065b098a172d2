import type { Operation } from '../tensorflow/network.js';
import { badTflite, type TfliteModel, type TfliteOperator } from './tflite-file.js';

/** Shape and values of a constant. They are read when an operator asks for them. */
export type ReadConstant = () => { dims: readonly number[]; values: Float32Array };

/** What the conversion knows so far, by the index of the tensor. */
export interface ConversionState {
  readonly model: TfliteModel;
  readonly values: ReadonlyMap<number, Operation>;
  readonly constants: ReadonlyMap<number, ReadConstant>;
}

/** Converts one operator. */
export type Handler = (node: TfliteNode) => Operation;

/** One operator with what its inputs became. */
export class TfliteNode {
  readonly name: string;

  constructor(
    readonly operator: TfliteOperator,
    private readonly conversion: ConversionState,
  ) {
    this.name = conversion.model.tensors[operator.outputs[0]].name;
  }

  get op(): string {
    return this.operator.op;
  }

  get options(): TfliteOperator['options'] {
    return this.operator.options;
  }

  /** @throws RostroError `bad_model_file` where that input is a constant or comes later */
  activation(index: number): Operation {
    const value = this.conversion.values.get(this.operator.inputs[index]);
    if (value === undefined) throw this.malformed(`needs a computed value as input ${index}`);
    return value;
  }

  image(index: number): Operation & { dims: readonly [null, number, number, number] } {
    const value = this.activation(index);
    if (value.dims.length !== 4) throw this.malformed(`has ${value.dims.length} dimensions where an image has four`);
    return value as Operation & { dims: readonly [null, number, number, number] };
  }

  isConstant(index: number): boolean {
    return this.conversion.constants.has(this.operator.inputs[index]);
  }

  has(index: number): boolean {
    return (this.operator.inputs.at(index) ?? -1) >= 0;
  }

  /** Shape and values of a constant input. */
  constant(index: number): { dims: readonly number[]; values: Float32Array } {
    const value = this.conversion.constants.get(this.operator.inputs[index]);
    if (value === undefined) throw this.malformed(`needs a constant as input ${index}`);
    return value();
  }

  /** One value a channel, from one value or as many as there are channels. */
  perChannel(index: number, channels: number): Float64Array {
    const { values } = this.constant(index);
    if (values.length !== 1 && values.length !== channels) {
      throw this.malformed(`has ${values.length} values for ${channels} channels`);
    }
    return Float64Array.from({ length: channels }, (_, c) => values[values.length === 1 ? 0 : c]);
  }

  outputDims(): readonly number[] {
    return this.conversion.model.tensors[this.operator.outputs[0]].dims;
  }

  malformed(what: string): Error {
    return badTflite(`${this.op} "${this.name}" ${what}`);
  }
}
