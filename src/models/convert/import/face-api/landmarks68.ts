import type { WeightMap } from '../../formats/weights-manifest.js';
import { GraphBuilder } from '../../build.js';
import { add, conv2d, relu, standardise, take, takeDepthwiseFilters, takeFilters, type FeatureMap } from './layers.js';

/** Side of the square input, pixels. */
export const LANDMARKS_INPUT_SIZE_PX = 112;

/** Source: @vladmandic/face-api, src/faceFeatureExtractor/FaceFeatureExtractor.ts (`meanRgb`, then `div(255)`). */
const MEAN_RGB = [122.782, 117.001, 104.298];
const DIVISOR = 255;
/** Output channels of the four dense blocks: src/faceFeatureExtractor/extractParams.ts. */
const BLOCK_CHANNELS = [32, 64, 128, 256];
const OUTPUTS = 136;

/**
 * face-api's FaceLandmark68Net: four dense blocks of separable convolutions, average pooling, one full layer.
 * Ports src/faceFeatureExtractor and src/faceLandmarkNet of @vladmandic/face-api, without the step that turns
 * positions in the padded square into positions in the crop (`postProcess`): that needs the size of the crop.
 *
 * - input `pixels` [N, 3, 112, 112]: R G B, 0..255, the face padded to a square with black; standardised inside
 * - output `points` [N, 136]: x0 y0 … x67 y67 in the iBUG order, as fractions of the square
 *
 * @returns ONNX bytes
 * @throws RostroError `bad_model_file` naming the tensor that is absent or of another shape.
 */
export function importLandmarks68(weights: WeightMap): Uint8Array {
  const graph = new GraphBuilder('face-api-landmarks68');
  const pixels = graph.input('pixels', ['N', 3, LANDMARKS_INPUT_SIZE_PX, LANDMARKS_INPUT_SIZE_PX]);
  let x: FeatureMap = {
    ref: standardise(graph, pixels, MEAN_RGB, DIVISOR),
    channels: 3,
    size: LANDMARKS_INPUT_SIZE_PX,
  };
  BLOCK_CHANNELS.forEach((channels, block) => {
    x = denseBlock(graph, weights, `dense${block}`, x, channels);
  });
  // Four halvings leave 7×7, which face-api averages with one 7×7 window.
  const features = graph.node('Flatten', [graph.node('GlobalAveragePool', [x.ref])]);
  const full = graph.weight('fc/weights', [x.channels, OUTPUTS], take(weights, 'fc/weights', [x.channels, OUTPUTS]));
  const bias = graph.weight('fc/bias', [OUTPUTS], take(weights, 'fc/bias', [OUTPUTS]));
  graph.output('points', graph.node('Gemm', [features, full, bias]), ['N', OUTPUTS]);
  return graph.finish();
}

/** Four convolutions, each fed with the rectified sum of all before it; the first halves the size. */
function denseBlock(graph: GraphBuilder, weights: WeightMap, name: string, x: FeatureMap, out: number): FeatureMap {
  const halved =
    x.channels === 3 ? firstConv(graph, weights, x, out) : separableConv(graph, weights, `${name}/conv0`, x, out, 2);
  let sum = relu(graph, halved);
  let rectified = sum;
  for (const index of [1, 2, 3]) {
    sum = add(graph, sum, separableConv(graph, weights, `${name}/conv${index}`, rectified, out, 1));
    rectified = relu(graph, sum);
  }
  return rectified;
}

function firstConv(graph: GraphBuilder, weights: WeightMap, x: FeatureMap, out: number): FeatureMap {
  const filters = takeFilters(weights, 'dense0/conv0/filters', 3, x.channels, out);
  const bias = take(weights, 'dense0/conv0/bias', [out]);
  return conv2d(graph, 'dense0/conv0', x, { filters, bias }, { out, kernel: 3, stride: 2, padding: 'same' });
}

function separableConv(
  graph: GraphBuilder,
  weights: WeightMap,
  name: string,
  x: FeatureMap,
  out: number,
  stride: number,
): FeatureMap {
  const depthwise = conv2d(
    graph,
    `${name}/depthwise`,
    x,
    { filters: takeDepthwiseFilters(weights, `${name}/depthwise_filter`, x.channels) },
    { out: x.channels, kernel: 3, stride, padding: 'same', depthwise: true },
  );
  const filters = takeFilters(weights, `${name}/pointwise_filter`, 1, x.channels, out);
  const bias = take(weights, `${name}/bias`, [out]);
  return conv2d(
    graph,
    `${name}/pointwise`,
    depthwise,
    { filters, bias },
    { out, kernel: 1, stride: 1, padding: 'same' },
  );
}
