import type { Recognition } from '../../src/client/index.js';

/** An answer to a frame without faces, as the pages get it. */
export const ANSWERED_FRAME: Omit<Recognition, 'rotated' | 'smallestFace' | 'warnings'> & { readonly faces: [] } = {
  image: { width: 640, height: 480 },
  facesFound: 0,
  faces: [],
  model: {
    detector: 'ssd',
    embedder: 'face-api',
    matcher: 'nearest',
    engine: 'onnxruntime',
    provider: 'cpu',
    liveness: 'off',
  },
  timingsMs: { decode: 1, detect: 1, embed: 1, match: 1, total: 4 },
};
