import { ARCFACE_TEMPLATE, type ModelCard } from './card.js';

/** What InsightFace's networks share, and most others of the family. */
const FAMILY = {
  sha256: null,
  layout: 'NCHW',
  colour: 'RGB',
  mean: 127.5,
  scale: 127.5,
  size: 112,
  template: ARCFACE_TEMPLATE,
  dimension: 512,
  commercial: true,
  impostors: [],
} as const satisfies Partial<ModelCard>;

/**
 * The recognisers of the ArcFace family that Rostro knows. Files, digests and figures: the projects named in `source`,
 * read in November 2026. The impostor table of MobileFaceNet was measured on 235,641 pairs of 687 people of Labeled Faces in
 * the Wild with MTCNN (docs/accuracy-and-thresholds.md); the others have none until somebody measures them.
 */
export const KNOWN_CARDS: readonly ModelCard[] = [
  {
    ...FAMILY,
    name: 'mobilefacenet',
    file: 'MobileFaceNet.tflite',
    sha256: 'd8ba40c0127fb8ca9917e8fddc79bbbda063657bc92a496d34da0bc8a760443b',
    layout: 'NHWC',
    dimension: 192,
    licence: 'MIT',
    training: 'MS1M-refine-v2, a research data set of photos found on the web.',
    source:
      'https://github.com/syaringan357/Android-MobileFaceNet-MTCNN-FaceAntiSpoofing (recipe: sirius-ai/MobileFaceNet_TF)',
    impostors: [
      [10, 1.265],
      [100, 1.141],
      [1000, 1.045],
      [10_000, 0.969],
      [100_000, 0.887],
    ],
  },
  {
    ...FAMILY,
    name: 'sface',
    file: 'face_recognition_sface_2021dec.onnx',
    mean: 0,
    scale: 1,
    dimension: 128,
    licence: 'Apache-2.0',
    training: 'Not stated by OpenCV Zoo.',
    source:
      'https://media.githubusercontent.com/media/opencv/opencv_zoo/main/models/face_recognition_sface/face_recognition_sface_2021dec.onnx',
  },
  {
    ...FAMILY,
    name: 'auraface',
    file: 'glintr100.onnx',
    licence: 'Apache-2.0',
    training: 'Undisclosed; its authors call the data commercial.',
    source: 'https://huggingface.co/fal/AuraFace-v1/resolve/main/glintr100.onnx',
  },
  {
    ...FAMILY,
    name: 'adaface-ir18',
    file: 'adaface_ir_18.onnx',
    sha256: '6b6a35772fb636cdd4fa86520c1a259d0c41472a76f70f802b351837a00d9870',
    colour: 'BGR',
    licence: 'MIT',
    training: 'WebFace4M, a research data set.',
    source: 'https://github.com/yakhyo/adaface-onnx/releases/download/weights/adaface_ir_18.onnx',
  },
  {
    ...FAMILY,
    name: 'adaface-ir101',
    file: 'adaface_ir_101.onnx',
    sha256: 'f2eb07d03de0af560a82e1214df799fec5e09375d43521e2868f9dc387e5a43e',
    colour: 'BGR',
    licence: 'MIT',
    training: 'WebFace12M, a research data set.',
    source: 'https://github.com/yakhyo/adaface-onnx/releases/download/weights/adaface_ir_101.onnx',
  },
  {
    ...FAMILY,
    name: 'edgeface-xs',
    file: 'edgeface_xs_gamma_06.onnx',
    sha256: '9206e2eb13a2761d7b5b76e13016d4b9acd3fa3535a9a09939f3adacd139a5ff',
    licence: 'CC BY-NC-SA 4.0 at the weights, BSD-3-Clause in the repository',
    commercial: false,
    training: 'Not stated.',
    source: 'https://github.com/yakhyo/edgeface-onnx/releases/download/weights/edgeface_xs_gamma_06.onnx',
  },
  {
    ...FAMILY,
    name: 'mobileface-mnv2',
    file: 'mobilenetv2.onnx',
    sha256: '38b148284dd48cc898d5d4453104252fbdcbacc105fe3f0b80e78954d9d20d89',
    licence: 'MIT',
    training: 'MS1MV2, a research data set.',
    source: 'https://github.com/yakhyo/uniface/releases/download/weights/mobilenetv2.onnx',
  },
  {
    ...FAMILY,
    name: 'w600k-mbf',
    file: 'w600k_mbf.onnx',
    sha256: '9cc6e4a75f0e2bf0b1aed94578f144d15175f357bdc05e815e5c4a02b319eb4f',
    licence: 'Non-commercial research only (InsightFace)',
    commercial: false,
    training: 'WebFace600K, a research data set.',
    source: 'https://github.com/yakhyo/uniface/releases/download/weights/w600k_mbf.onnx',
  },
  {
    ...FAMILY,
    name: 'w600k-r50',
    file: 'w600k_r50.onnx',
    sha256: '4c06341c33c2ca1f86781dab0e829f88ad5b64be9fba56e56bc9ebdefc619e43',
    licence: 'Non-commercial research only (InsightFace)',
    commercial: false,
    training: 'WebFace600K, a research data set.',
    source: 'https://github.com/yakhyo/uniface/releases/download/weights/w600k_r50.onnx',
  },
];
