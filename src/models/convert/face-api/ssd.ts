import { GraphBuilder, type Ref } from '../onnx/graph-builder.js';
import type { WeightMap } from './weights-manifest.js';
import {
  conv2d,
  type ConvShape,
  type ConvWeights,
  type FeatureMap,
  foldScale,
  standardise,
  readWeight,
  readDepthwiseFilters,
  readFilters,
} from './layers.js';

/** Side of the square input, pixels. */
export const SSD_INPUT_SIZE_PX = 512;

/** (x - 127.5) / 127.5 maps pixels to -1..1. Source: @vladmandic/face-api, src/ssdMobilenetv1/SsdMobilenetv1.ts. */
const MIDDLE_GREY = 127.5;
/** Source: src/ssdMobilenetv1/mobileNetV1.ts. */
const BATCH_NORM_EPSILON = 0.0010000000474974513;

/** Output channels and stride of the 13 separable convolutions. Source: mobileNetV1.ts (`getStridesForLayerIdx`). */
const BACKBONE = [64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024].map((out, i) => ({
  out,
  stride: [2, 4, 6, 12].includes(i + 1) ? 2 : 1,
}));
/** The separable convolutions whose outputs are inputs of the box predictors. */
const PREDICTED_FROM = [11, 13];
/** Output channels of the eight convolutions after the backbone: 1×1 and 3×3 with stride 2, alternating. */
const EXTRA_CHANNELS = [256, 512, 128, 256, 128, 256, 64, 128];

/**
 * Converts face-api's SSD MobileNet v1 face detector, including box decoding, without non-maximum suppression. Ports
 * src/ssdMobilenetv1 of @vladmandic/face-api; batch normalisation is folded into the depthwise convolutions, and of the
 * three classes only the filters of the face class are kept.
 *
 * - input `pixels` [N, 3, 512, 512]: R G B, 0..255, the image padded to a square with black; standardised in the graph
 * - output `boxes` [N, 5118, 4]: top, left, bottom, right as fractions of the square; may extend beyond it
 * - output `scores` [N, 5118]: 0..1
 *
 * @returns ONNX bytes
 * @throws RostroError `bad_model_file`, naming the tensor that is missing or has another shape
 */
export function convertSsd(weights: WeightMap): Uint8Array {
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

/** The six feature maps for the box predictors, from 32×32 to 1×1. */
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
  const filters = readFilters(weights, `${name}/weights`, shape.kernel, x.channels, shape.out);
  const bias = readWeight(weights, `${name}/convolution_bn_offset`, [shape.out]);
  return relu6(graph, conv2d(graph, name, x, { filters, bias }, shape));
}

function depthwise(graph: GraphBuilder, weights: WeightMap, name: string, x: FeatureMap, stride: number): FeatureMap {
  const filters = readDepthwiseFilters(weights, `${name}/depthwise_weights`, x.channels);
  const folded = foldBatchNorm(weights, `${name}/BatchNorm`, { filters }, x.channels);
  const shape: ConvShape = { out: x.channels, kernel: 3, stride, padding: 'same', depthwise: true };
  return relu6(graph, conv2d(graph, name, x, folded, shape));
}

function foldBatchNorm(weights: WeightMap, name: string, conv: ConvWeights, channels: number): ConvWeights {
  const [gamma, beta, mean, variance] = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map((part) =>
    readWeight(weights, `${name}/${part}`, [channels]),
  );
  const scale = gamma.map((value, i) => value / Math.sqrt(variance[i] + BATCH_NORM_EPSILON));
  const offset = beta.map((value, i) => value - mean[i] * scale[i]);
  return foldScale(conv, scale, offset);
}

function relu6(graph: GraphBuilder, x: FeatureMap): FeatureMap {
  const limits = [0, 6].map((limit) => graph.weight(`limit${limit}`, [], Float32Array.of(limit)));
  return { ...x, ref: graph.node('Clip', [x.ref, ...limits]) };
}

/** Number of prior boxes: 3 per cell of the first map (32×32), 6 per cell of the others (16×16 … 1×1). */
export const PRIOR_COUNT = 5118;

/** Background, face and an unused class. Source: @vladmandic/face-api, src/ssdMobilenetv1/boxPredictionLayer.ts. */
const CLASSES = 3;
const FACE = 1;
/** Factors of the centre and size encodings. Source: src/ssdMobilenetv1/outputLayer.ts. */
const CENTRE_VARIANCE = 1 / 10;
const SIZE_VARIANCE = 1 / 5;

function priorsPerCell(mapIndex: number): number {
  return mapIndex === 0 ? 3 : 6;
}

/** @returns [N, priors of this map, 4]: y, x, height, width relative to each prior */
export function boxEncodings(graph: GraphBuilder, weights: WeightMap, mapIndex: number, x: FeatureMap): Ref {
  const name = `Prediction/BoxPredictor_${mapIndex}/BoxEncodingPredictor`;
  const out = priorsPerCell(mapIndex) * 4;
  const predictor = readPredictor(weights, name, x.channels, out);
  return graph.node('Reshape', [predict(graph, name, x, predictor), graph.ints(`${name}/shape`, [0, -1, 4])]);
}

/** @returns [N, priors of this map]: the logit of "face" */
export function faceScores(graph: GraphBuilder, weights: WeightMap, mapIndex: number, x: FeatureMap): Ref {
  const name = `Prediction/BoxPredictor_${mapIndex}/ClassPredictor`;
  const all = readPredictor(weights, name, x.channels, priorsPerCell(mapIndex) * CLASSES);
  const ofFaces = {
    filters: all.filters.filter((_, i) => Math.floor(i / x.channels) % CLASSES === FACE),
    bias: all.bias.filter((_, i) => i % CLASSES === FACE),
  };
  return graph.node('Reshape', [predict(graph, name, x, ofFaces), graph.ints(`${name}/shape`, [0, -1])]);
}

function readPredictor(weights: WeightMap, name: string, input: number, out: number): Required<ConvWeights> {
  return {
    filters: readFilters(weights, `${name}/weights`, 1, input, out),
    bias: readWeight(weights, `${name}/biases`, [out]),
  };
}

/** A 1×1 convolution with NHWC output, so that the priors of a cell are contiguous. */
function predict(graph: GraphBuilder, name: string, x: FeatureMap, predictor: Required<ConvWeights>): Ref {
  const out = predictor.bias.length;
  const { ref } = conv2d(graph, name, x, predictor, { out, kernel: 1, stride: 1, padding: 'same' });
  return graph.node('Transpose', [ref], { perm: { ints: [0, 2, 3, 1] } });
}

/**
 * Decodes boxes: centre = prior centre + encoding · prior size / 10, size = prior size · exp(encoding / 5).
 * @param encodings [N, 5118, 4]
 * @returns [N, 5118, 4]: top, left, bottom, right as fractions of the square
 */
export function decodeBoxes(graph: GraphBuilder, weights: WeightMap, encodings: Ref): Ref {
  const priors = readWeight(weights, 'Output/extra_dim', [1, PRIOR_COUNT, 4]);
  const perPrior = (name: string, value: (near: number, far: number) => number) => {
    const data = new Float32Array(PRIOR_COUNT * 2);
    for (let i = 0; i < data.length; i++) {
      const corner = Math.floor(i / 2) * 4 + (i % 2);
      data[i] = value(priors[corner], priors[corner + 2]);
    }
    return graph.weight(name, [1, PRIOR_COUNT, 2], data);
  };
  const [centre, size] = graph.nodeWithOutputs('Split', [encodings, graph.ints('halves', [2, 2])], 2, {
    axis: { int: 2 },
  });
  const step = perPrior('priors/step', (near, far) => (far - near) * CENTRE_VARIANCE);
  const origin = perPrior('priors/centre', (near, far) => (near + far) / 2);
  const halfSize = perPrior('priors/half', (near, far) => (far - near) / 2);

  const centres = graph.node('Add', [graph.node('Mul', [centre, step]), origin]);
  const variance = graph.weight('size-variance', [], Float32Array.of(SIZE_VARIANCE));
  const growth = graph.node('Exp', [graph.node('Mul', [size, variance])]);
  const halves = graph.node('Mul', [growth, halfSize]);
  const corners = [graph.node('Sub', [centres, halves]), graph.node('Add', [centres, halves])];
  return graph.node('Concat', corners, { axis: { int: 2 } });
}
