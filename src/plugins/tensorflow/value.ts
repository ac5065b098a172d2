import type { Tf, TfImages, TfTensor } from './tensorflow.js';

/** A tensor and its layout. A type and no interface: `tf.tidy` accepts only type aliases as containers of tensors. */
export type Value = {
  readonly tensor: TfTensor;
  /** True for images in NHWC, the layout of TensorFlow.js, where the network has NCHW. */
  readonly channelsLast: boolean;
};

/** Axis of NCHW -> axis of NHWC. */
const NHWC_AXIS = [0, 3, 1, 2];
const TO_CHANNELS_LAST = [0, 2, 3, 1];
const TO_CHANNELS_FIRST = [0, 3, 1, 2];

export function plain(tensor: TfTensor): Value {
  return { tensor, channelsLast: false };
}

export function channelsLast(tensor: TfTensor): Value {
  return { tensor, channelsLast: true };
}

/** Axis of the network -> axis of the tensor; a negative axis counts from the end. */
export function axisIn({ tensor, channelsLast }: Value, axis: number): number {
  const counted = axis < 0 ? axis + tensor.rank : axis;
  return channelsLast ? NHWC_AXIS[counted] : counted;
}

/** One value for each axis of the network, in the order of the tensor. */
export function inOrderOf<T>({ channelsLast }: Value, values: readonly T[]): T[] {
  return channelsLast ? TO_CHANNELS_LAST.map((axis) => values[axis]) : [...values];
}

/** In the layout of the network, row-major. */
export function toPlain(tf: Tf, { tensor, channelsLast }: Value): TfTensor {
  if (!channelsLast) return tensor;
  const [n, h, w, c] = tensor.shape;
  return h * w === 1 || c === 1 ? tf.reshape(tensor, [n, c, h, w]) : tf.transpose(tensor, TO_CHANNELS_FIRST);
}

/** As NHWC; missing dimensions are added in front with size 1, as in broadcasting. */
export function toChannelsLast(tf: Tf, { tensor, channelsLast }: Value): TfImages {
  if (channelsLast) return tensor as TfImages;
  if (tensor.rank > 4) throw new Error(`a tensor of ${tensor.rank} dimensions is no image`);
  const [n, c, h, w] = [...Array<number>(4 - tensor.rank).fill(1), ...tensor.shape];
  if (h * w === 1 || c === 1) return tf.reshape(tensor, [n, h, w, c]);
  return tf.transpose(tf.reshape(tensor, [n, c, h, w]), TO_CHANNELS_LAST);
}

/** The operands of one operator, all in one layout. */
export function aligned(tf: Tf, values: readonly Value[]): { tensors: TfTensor[]; channelsLast: boolean } {
  const channelsLast = values.some((value) => value.channelsLast);
  const tensors = values.map((value) => (channelsLast ? toChannelsLast(tf, value) : value.tensor));
  return { tensors, channelsLast };
}
