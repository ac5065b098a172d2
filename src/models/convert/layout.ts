import type { GraphBuilder, Ref } from './build.js';
import { valueName, type Dims } from './network.js';

/** Where each dimension of an NHWC tensor stands in NCHW. */
const NCHW_AXIS = [0, 2, 3, 1];

/** The axis of the emitted tensor that is `axis` in TensorFlow: images move their channels, nothing else moves. */
export function onnxAxis(rank: number, axis: number): number {
  return rank === 4 ? NCHW_AXIS[axis] : axis;
}

/** NHWC to NCHW. */
export function toChannelsFirst(builder: GraphBuilder, image: Ref, name: string): Ref {
  return builder.node('Transpose', [image], { perm: { ints: [0, 3, 1, 2] } }, valueName(name, 'ToChannelsFirst'));
}

/** NCHW to NHWC. */
export function toChannelsLast(builder: GraphBuilder, image: Ref, name: string): Ref {
  return builder.node('Transpose', [image], { perm: { ints: [0, 2, 3, 1] } }, valueName(name, 'ToChannelsLast'));
}

/** True where both layouts hold the same values in the same order: no image, or one of a single pixel. */
export function sameInBothLayouts(dims: Dims): boolean {
  return dims.length !== 4 || dims[1] * dims[2] === 1;
}

/** One value a channel, shaped to broadcast over an emitted tensor of `rank` dimensions. */
export function channelWeight(builder: GraphBuilder, name: string, rank: number, values: Float64Array): Ref {
  const dims = rank === 4 ? [values.length, 1, 1] : rank === 1 ? [] : [values.length];
  return builder.weight(name, dims, Float32Array.from(values));
}
