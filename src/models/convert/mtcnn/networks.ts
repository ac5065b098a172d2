import { GraphBuilder, type NetworkForm } from '../onnx/graph-builder.js';
import { MtcnnLayers, readMtcnnWeights } from './layers.js';

/**
 * The three networks of MTCNN (Zhang et al. 2016) as ONNX, from the weight files of davidsandberg/facenet. Structure:
 * `PNet`, `RNet`, `ONet` in its src/align/detect_face.py.
 * - Input of all: `image`, float32, NCHW, upright, R G B, (pixel - 127.5) / 128.
 * - Outputs: `probability` of a face, 0..1, and `regression` (x1, y1, x2, y2) as shares of the box.
 */

/**
 * P-Net, from `det1.npy`: proposes faces of about 12 px, fully convolutional.
 * image (1, 3, height, width), each at least 12 -> probability (1, 1, rows, columns), regression (1, 4, rows, columns)
 * with rows = ceil((height - 2) / 2) - 4, columns likewise: one 12 px window every 2 px.
 * @throws RostroError `bad_model_file`
 */
export function convertPnet(det1: Uint8Array, form?: NetworkForm): Uint8Array {
  const graph = new GraphBuilder('mtcnn-pnet', form);
  const layers = new MtcnnLayers(graph, readMtcnnWeights(det1, 'det1.npy'));
  let x = graph.input('image', [1, 3, 'height', 'width']);
  x = layers.prelu(layers.conv(x, 'conv1', 3, 3, 10), 'PReLU1', 10, 4);
  x = layers.maxPool(x, 'pool1', 2, 'same');
  x = layers.prelu(layers.conv(x, 'conv2', 3, 10, 16), 'PReLU2', 16, 4);
  x = layers.prelu(layers.conv(x, 'conv3', 3, 16, 32), 'PReLU3', 32, 4);
  const probability = layers.faceProbabilityMap(x, 'conv4-1', 32, 'prob1');
  graph.output('probability', probability, [1, 1, 'rows', 'columns']);
  graph.output('regression', layers.conv(x, 'conv4-2', 1, 32, 4), [1, 4, 'rows', 'columns']);
  return graph.finish();
}

/**
 * R-Net, from `det2.npy`: filters and corrects P-Net's proposals.
 * image (N, 3, 24, 24) -> probability (N, 1), regression (N, 4)
 * @throws RostroError `bad_model_file`
 */
export function convertRnet(det2: Uint8Array, form?: NetworkForm): Uint8Array {
  const graph = new GraphBuilder('mtcnn-rnet', form);
  const layers = new MtcnnLayers(graph, readMtcnnWeights(det2, 'det2.npy'));
  let x = graph.input('image', ['N', 3, 24, 24]);
  x = layers.prelu(layers.conv(x, 'conv1', 3, 3, 28), 'prelu1', 28, 4);
  x = layers.maxPool(x, 'pool1', 3, 'same');
  x = layers.prelu(layers.conv(x, 'conv2', 3, 28, 48), 'prelu2', 48, 4);
  x = layers.maxPool(x, 'pool2', 3, 'valid');
  x = layers.prelu(layers.conv(x, 'conv3', 2, 48, 64), 'prelu3', 64, 4);
  x = layers.prelu(layers.denseOverMap(x, 'conv4', 64, 3, 128), 'prelu4', 128, 2);
  graph.output('probability', layers.faceProbability(layers.dense(x, 'conv5-1', 128, 2), 'prob1'), ['N', 1]);
  graph.output('regression', layers.dense(x, 'conv5-2', 128, 4), ['N', 4]);
  return graph.finish();
}

/**
 * O-Net, from `det3.npy`: makes the final decision and finds five landmarks.
 * image (N, 3, 48, 48) -> probability (N, 1), regression (N, 4), landmarks (N, 10): five x, then five y, as shares of
 * the box, in the order left eye, right eye, nose, left and right mouth corner
 * @throws RostroError `bad_model_file`
 */
export function convertOnet(det3: Uint8Array, form?: NetworkForm): Uint8Array {
  const graph = new GraphBuilder('mtcnn-onet', form);
  const layers = new MtcnnLayers(graph, readMtcnnWeights(det3, 'det3.npy'));
  let x = graph.input('image', ['N', 3, 48, 48]);
  x = layers.prelu(layers.conv(x, 'conv1', 3, 3, 32), 'prelu1', 32, 4);
  x = layers.maxPool(x, 'pool1', 3, 'same');
  x = layers.prelu(layers.conv(x, 'conv2', 3, 32, 64), 'prelu2', 64, 4);
  x = layers.maxPool(x, 'pool2', 3, 'valid');
  x = layers.prelu(layers.conv(x, 'conv3', 3, 64, 64), 'prelu3', 64, 4);
  x = layers.maxPool(x, 'pool3', 2, 'same');
  x = layers.prelu(layers.conv(x, 'conv4', 2, 64, 128), 'prelu4', 128, 4);
  x = layers.prelu(layers.denseOverMap(x, 'conv5', 128, 3, 256), 'prelu5', 256, 2);
  graph.output('probability', layers.faceProbability(layers.dense(x, 'conv6-1', 256, 2), 'prob1'), ['N', 1]);
  graph.output('regression', layers.dense(x, 'conv6-2', 256, 4), ['N', 4]);
  graph.output('landmarks', layers.dense(x, 'conv6-3', 256, 10), ['N', 10]);
  return graph.finish();
}
