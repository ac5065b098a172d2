import type { WeightMap } from './weights-manifest.js';
import { GraphBuilder } from '../onnx/graph-builder.js';
import { DENSE_FEATURES, denseFeatures, SMALL_INPUT_SIZE_PX, smallInput } from './feature-extractor.js';
import { fullyConnected } from './layers.js';

/** Side of the square input, pixels. */
export const LANDMARKS_INPUT_SIZE_PX = SMALL_INPUT_SIZE_PX;

const OUTPUTS = 136;

/**
 * Converts face-api's FaceLandmark68Net: four dense blocks of separable convolutions, average pooling, one fully
 * connected layer. Ports src/faceFeatureExtractor and src/faceLandmarkNet of @vladmandic/face-api without
 * `postProcess`, which converts positions in the padded square to positions in the crop and needs its size.
 *
 * - input `pixels` [N, 3, 112, 112]: R G B, 0..255, the face padded to a square with black; standardised in the graph
 * - output `points` [N, 136]: x0 y0 … x67 y67 in iBUG order, as fractions of the square
 *
 * @returns ONNX bytes
 * @throws RostroError `bad_model_file`, naming the tensor that is missing or has another shape
 */
export function convertLandmarks68(weights: WeightMap): Uint8Array {
  const graph = new GraphBuilder('face-api-landmarks68');
  const features = denseFeatures(graph, weights, smallInput(graph));
  graph.output('points', fullyConnected(graph, weights, 'fc', features, [DENSE_FEATURES, OUTPUTS]), ['N', OUTPUTS]);
  return graph.finish();
}
