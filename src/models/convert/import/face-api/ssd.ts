import type { WeightMap } from '../../formats/weights-manifest.js';
import { GraphBuilder, type Ref } from '../../build.js';
import {
  conv2d,
  foldScale,
  standardise,
  take,
  takeDepthwiseFilters,
  takeFilters,
  type ConvShape,
  type ConvWeights,
  type FeatureMap,
} from './layers.js';
import { boxEncodings, decodeBoxes, faceScores, PRIOR_COUNT } from './ssd-output.js';

/** Side of the square input, pixels. */
export const SSD_INPUT_SIZE_PX = 512;

/** (x - 127.5) / 127.5 is -1..1. Source: @vladmandic/face-api, src/ssdMobilenetv1/SsdMobilenetv1.ts. */
const MIDDLE_GREY = 127.5;
/** Source: src/ssdMobilenetv1/mobileNetV1.ts. */
const BATCH_NORM_EPSILON = 0.0010000000474974513;

/** Output channels and stride of the 13 separable convolutions. Source: mobileNetV1.ts (`getStridesForLayerIdx`). */
const BACKBONE = [64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024].map((out, i) => ({
  out,
  stride: [2, 4, 6, 12].includes(i + 1) ? 2 : 1,
}));
/** The separable convolutions whose output boxes are predicted from. */
const PREDICTED_FROM = [11, 13];
/** Output channels of the eight convolutions behind the backbone: 1×1 and halving 3×3 in turn. */
const EXTRA_CHANNELS = [256, 512, 128, 256, 128, 256, 64, 128];

/**
 * face-api's SSD MobileNet v1 face detector, boxes decoded, nothing suppressed.
 * Ports src/ssdMobilenetv1 of @vladmandic/face-api; batch normalisation is folded into the depthwise convolutions, and
 * only the filters of the face class are kept of the three classes.
 *
 * - input `pixels` [N, 3, 512, 512]: R G B, 0..255, the image padded to a square with black; standardised inside
 * - output `boxes` [N, 5118, 4]: top, left, bottom, right as fractions of the square, may stick out of it
 * - output `scores` [N, 5118]: 0..1
 *
 * @returns ONNX bytes
 * @throws RostroError `bad_model_file` naming the tensor that is absent or of another shape.
 */
export function importSsd(weights: WeightMap): Uint8Array {
  const graph = new GraphBuilder('face-api-ssd');
  const pixels = graph.input('pixels', ['N', 3, SSD_INPUT_SIZE_PX, SSD_INPUT_SIZE_PX]);
  const maps = featureMaps(graph, weights, {
    ref: standardise(graph, pixels, [MIDDLE_GREY, MIDDLE_GREY, MIDDLE_GREY], MIDDLE_GREY),
    channels: 3,
    size: SSD_INPUT_SIZE_PX,
  });
  const encodings = maps.map((map, index) => boxEncodings(graph, weights, index, map));
  const scores = maps.map((map, index) => faceScores(graph, weights, index, map));
  graph.output('boxes', decodeBoxes(graph, weights, concat(graph, encodings)), ['N', PRIOR_COUNT, 4]);
  graph.output('scores', graph.node('Sigmoid', [concat(graph, scores)]), ['N', PRIOR_COUNT]);
  return graph.finish();
}

function concat(graph: GraphBuilder, parts: readonly Ref[]): Ref {
  return graph.node('Concat', parts, { axis: { int: 1 } });
}

/** The six maps that boxes are predicted from, from 32×32 down to 1×1. */
function featureMaps(graph: GraphBuilder, weights: WeightMap, pixels: FeatureMap): FeatureMap[] {
  const maps: FeatureMap[] = [];
  let x = pointwise(graph, weights, 'MobilenetV1/Conv2d_0_pointwise', pixels, {
    out: 32,
    kernel: 3,
    stride: 2,
    padding: 'same',
  });
  BACKBONE.forEach(({ out, stride }, i) => {
    const name = `MobilenetV1/Conv2d_${i + 1}`;
    x = depthwise(graph, weights, `${name}_depthwise`, x, stride);
    x = pointwise(graph, weights, `${name}_pointwise`, x, { out, kernel: 1, stride: 1, padding: 'same' });
    if (PREDICTED_FROM.includes(i + 1)) maps.push(x);
  });
  EXTRA_CHANNELS.forEach((out, i) => {
    const [kernel, stride] = i % 2 === 0 ? [1, 1] : [3, 2];
    x = pointwise(graph, weights, `Prediction/Conv2d_${i}_pointwise`, x, { out, kernel, stride, padding: 'same' });
    if (stride === 2) maps.push(x);
  });
  return maps;
}

function pointwise(graph: GraphBuilder, weights: WeightMap, name: string, x: FeatureMap, shape: ConvShape): FeatureMap {
  const filters = takeFilters(weights, `${name}/weights`, shape.kernel, x.channels, shape.out);
  const bias = take(weights, `${name}/convolution_bn_offset`, [shape.out]);
  return relu6(graph, conv2d(graph, name, x, { filters, bias }, shape));
}

function depthwise(graph: GraphBuilder, weights: WeightMap, name: string, x: FeatureMap, stride: number): FeatureMap {
  const filters = takeDepthwiseFilters(weights, `${name}/depthwise_weights`, x.channels);
  const folded = foldBatchNorm(weights, `${name}/BatchNorm`, { filters }, x.channels);
  const shape: ConvShape = { out: x.channels, kernel: 3, stride, padding: 'same', depthwise: true };
  return relu6(graph, conv2d(graph, name, x, folded, shape));
}

function foldBatchNorm(weights: WeightMap, name: string, conv: ConvWeights, channels: number): ConvWeights {
  const [gamma, beta, mean, variance] = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map((part) =>
    take(weights, `${name}/${part}`, [channels]),
  );
  const scale = gamma.map((value, i) => value / Math.sqrt(variance[i] + BATCH_NORM_EPSILON));
  const offset = beta.map((value, i) => value - mean[i] * scale[i]);
  return foldScale(conv, scale, offset);
}

function relu6(graph: GraphBuilder, x: FeatureMap): FeatureMap {
  const limits = [0, 6].map((limit) => graph.weight(`limit${limit}`, [], Float32Array.of(limit)));
  return { ...x, ref: graph.node('Clip', [x.ref, ...limits]) };
}
