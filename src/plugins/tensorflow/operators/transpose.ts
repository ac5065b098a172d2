import type { Handler } from '../node-view.js';
import { channelsLast, plain, toPlain } from '../value.js';

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
