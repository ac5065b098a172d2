import type { Handler } from '../node-view.js';
import { aligned, axisIn, channelsLast, inOrderOf, plain, toPlain } from '../value.js';

/** ONNX `Reshape(x, shape)`: 0 keeps a dimension, one -1 takes what is left. */
export const reshape: Handler = (node, tf) => {
  const fixed = node.isConstant(1) ? node.numbers(1) : null;
  if (node.int('allowzero', 0) !== 0) throw node.unsupported('with allowzero');
  return {
    reads: fixed === null ? [0, 1] : [0],
    run([x, computed]) {
      const tensor = toPlain(tf, x);
      const shape = fixed ?? [...computed.tensor.dataSync()];
      return [
        plain(
          tf.reshape(
            tensor,
            shape.map((size, axis) => (size === 0 ? tensor.shape[axis] : size)),
          ),
        ),
      ];
    },
  };
};

/** ONNX `Flatten(x; axis)`: a matrix, its rows what is in front of the axis. */
export const flatten: Handler = (node, tf) => {
  const axis = node.int('axis', 1);
  return {
    reads: [0],
    run([x]) {
      const tensor = toPlain(tf, x);
      const at = axis < 0 ? axis + tensor.rank : axis;
      const rows = tensor.shape.slice(0, at).reduce((product, size) => product * size, 1);
      return [plain(tf.reshape(tensor, [rows, tensor.size / rows]))];
    },
  };
};

const FROM_CHANNELS_LAST = '0,3,1,2';
const TO_CHANNELS_LAST = '0,2,3,1';

/** ONNX `Transpose(x; perm)`. Between NCHW and NHWC nothing moves: the values already lie as the other one means them. */
export const transpose: Handler = (node, tf) => {
  const perm = node.ints('perm');
  const change = perm?.join();
  return {
    reads: [0],
    run([x]) {
      if (change === FROM_CHANNELS_LAST && !x.channelsLast) return [channelsLast(x.tensor)];
      if (change === TO_CHANNELS_LAST && x.channelsLast) return [plain(x.tensor)];
      return [plain(tf.transpose(toPlain(tf, x), perm && [...perm]))];
    },
  };
};

/** ONNX `Shape(x)`, in the layout of the network. */
export const shape: Handler = (_node, tf) => ({
  reads: [0],
  run([{ tensor, channelsLast }]) {
    const [n, ...rest] = tensor.shape;
    return [plain(tf.tensor1d(channelsLast ? [n, rest[2], rest[0], rest[1]] : tensor.shape, 'int32'))];
  },
});

/** ONNX `Gather(x, indices; axis)` with constant indices. */
export const gather: Handler = (node, tf) => {
  const { dims, data } = node.values(1);
  const axis = node.int('axis', 0);
  if (data instanceof Float32Array) throw node.unsupported('with fractions as input 2');
  return {
    reads: [0],
    run([x]) {
      const tensor = toPlain(tf, x);
      const at = axis < 0 ? axis + tensor.rank : axis;
      const places = data.map((index) => (index < 0 ? index + tensor.shape[at] : index));
      return [plain(tf.gather(tensor, tf.tensor(places, [...dims], 'int32'), at))];
    },
  };
};

/** ONNX `Unsqueeze(x, axes)`; before opset 13 the axes are an attribute. */
export const unsqueeze: Handler = (node, tf) => {
  const axes = node.ints('axes') ?? node.numbers(1);
  return {
    reads: [0],
    run([x]) {
      const tensor = toPlain(tf, x);
      const rank = tensor.rank + axes.length;
      const added = new Set(axes.map((axis) => (axis < 0 ? axis + rank : axis)));
      const sizes = [...tensor.shape];
      const dims = Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : sizes.shift()!));
      return [plain(tf.reshape(tensor, dims))];
    },
  };
};

/** ONNX `Concat(x…; axis)`. */
export const concat: Handler = (node, tf) => {
  const axis = node.int('axis', 0);
  return {
    reads: node.inputs,
    run(inputs) {
      const { tensors, channelsLast } = aligned(tf, inputs);
      const at = axisIn({ tensor: tensors[0], channelsLast }, axis);
      return [{ tensor: tf.concat(tensors, at), channelsLast }];
    },
  };
};

/** ONNX `Split(x, sizes?; axis)`; without sizes into equal parts. */
export const split: Handler = (node, tf) => {
  const axis = node.int('axis', 0);
  const sizes = node.has(1) ? node.numbers(1) : node.outputCount;
  return {
    reads: [0],
    run: ([x]) => tf.split(x.tensor, sizes, axisIn(x, axis)).map((tensor) => ({ ...x, tensor })),
  };
};

/** ONNX `Slice(x, starts, ends, axes?)` with constants, in steps of one. */
export const slice: Handler = (node, tf) => {
  const [starts, ends] = [node.numbers(1), node.numbers(2)];
  const axes = node.has(3) ? node.numbers(3) : starts.map((_, axis) => axis);
  if (node.has(4) && node.numbers(4).some((step) => step !== 1)) throw node.unsupported('in steps');
  return {
    reads: [0],
    run([x]) {
      const begin = x.tensor.shape.map(() => 0);
      const size = [...x.tensor.shape];
      axes.forEach((axis, i) => {
        const at = axisIn(x, axis);
        const length = x.tensor.shape[at];
        begin[at] = withinList(starts[i], length);
        size[at] = Math.max(0, withinList(ends[i], length) - begin[at]);
      });
      return [{ ...x, tensor: tf.slice(x.tensor, begin, size) }];
    },
  };
};

/** Negative places count from the end; those outside of the list are moved to its ends. */
function withinList(place: number, length: number): number {
  return Math.min(length, Math.max(0, place < 0 ? place + length : place));
}

/** ONNX `Pad(x, pads, value?; mode constant)`: pads in front of every axis, then behind. */
export const pad: Handler = (node, tf) => {
  const mode = node.text('mode', 'constant');
  if (mode !== 'constant') throw node.unsupported(`with mode ${mode}`);
  const pads = node.numbers(1);
  if (pads.some((pixels) => pixels < 0)) throw node.unsupported('that cuts off');
  const value = node.scalar(2, 0);
  const rank = pads.length / 2;
  const perAxis = Array.from({ length: rank }, (_, axis): [number, number] => [pads[axis], pads[axis + rank]]);
  return { reads: [0], run: ([x]) => [{ ...x, tensor: tf.pad(x.tensor, inOrderOf(x, perAxis), value) }] };
};
