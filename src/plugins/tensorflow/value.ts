import type { Tf, TfImages, TfTensor } from './tensorflow.js';

/** A tensor on its way through the network. No interface: only a type is a container of tensors to TensorFlow.js. */
export type Value = {
  readonly tensor: TfTensor;
  /** True for images that lie NHWC, as TensorFlow.js computes them, where the network means NCHW. */
  readonly channelsLast: boolean;
};

/** Where each axis of NCHW lies in NHWC. */
const NHWC_AXIS = [0, 3, 1, 2];
const TO_CHANNELS_LAST = [0, 2, 3, 1];
const TO_CHANNELS_FIRST = [0, 3, 1, 2];

export function plain(tensor: TfTensor): Value {
  return { tensor, channelsLast: false };
}

export function channelsLast(tensor: TfTensor): Value {
  return { tensor, channelsLast: true };
}

/** The axis of the tensor that is `axis` in the network; negative ones count from the end. */
export function axisIn({ tensor, channelsLast }: Value, axis: number): number {
  const counted = axis < 0 ? axis + tensor.rank : axis;
  return channelsLast ? NHWC_AXIS[counted] : counted;
}

/** One value for each axis of the network, in the order of the tensor. */
export function inOrderOf<T>({ channelsLast }: Value, values: readonly T[]): T[] {
  return channelsLast ? TO_CHANNELS_LAST.map((axis) => values[axis]) : [...values];
}

/** As the network means it, row-major. */
export function toPlain(tf: Tf, { tensor, channelsLast }: Value): TfTensor {
  if (!channelsLast) return tensor;
  const [n, h, w, c] = tensor.shape;
  return h * w === 1 || c === 1 ? tf.reshape(tensor, [n, c, h, w]) : tf.transpose(tensor, TO_CHANNELS_FIRST);
}

/** As NHWC; fewer than four dimensions get ones in front, as where they broadcast. */
export function toChannelsLast(tf: Tf, { tensor, channelsLast }: Value): TfImages {
  if (channelsLast) return tensor as TfImages;
  if (tensor.rank > 4) throw new Error(`a tensor of ${tensor.rank} dimensions is no image`);
  const [n, c, h, w] = [...Array<number>(4 - tensor.rank).fill(1), ...tensor.shape];
  if (h * w === 1 || c === 1) return tf.reshape(tensor, [n, h, w, c]);
  return tf.transpose(tf.reshape(tensor, [n, c, h, w]), TO_CHANNELS_LAST);
}

/** Values that meet each other, all in one layout. */
export function aligned(tf: Tf, values: readonly Value[]): { tensors: TfTensor[]; channelsLast: boolean } {
  const channelsLast = values.some((value) => value.channelsLast);
  const tensors = values.map((value) => (channelsLast ? toChannelsLast(tf, value) : value.tensor));
  return { tensors, channelsLast };
}
