import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine, Session } from '../../src/engine/engine.js';
import { loadMtcnn, type MtcnnFiles } from '../../src/faces/detect/mtcnn/mtcnn.js';
import { storeModel } from '../../src/models/convert/cache.js';
import { convertOnet, convertPnet, convertRnet } from '../../src/models/convert/mtcnn/networks.js';

/**
 * Puts the networks of MTCNN as published, with PRelu and softmax, into a folder of converted models in the place of
 * Rostro's own: what loads MTCNN from there runs them. FaceNet has no PRelu and is the same in both.
 */
export async function putPublishedMtcnn({ det1, det2, det3 }: MtcnnFiles, cacheDir: string): Promise<void> {
  const paths: string[] = [];
  const session: Session = {
    inputs: [],
    outputs: [],
    inputDims: [],
    run: () => Promise.resolve({}),
    dispose: () => Promise.resolve(),
  };
  const engine: Engine = {
    name: 'onnxruntime',
    provider: 'cpu',
    load(model) {
      paths.push(model as string);
      return Promise.resolve(session);
    },
  };
  await loadMtcnn(engine, { det1, det2, det3 }, cacheDir);
  const networks = [
    convertPnet(await readFile(det1), 'published'),
    convertRnet(await readFile(det2), 'published'),
    convertOnet(await readFile(det3), 'published'),
  ];
  for (const [i, network] of networks.entries()) await storeModel(paths[i], network);
}

/** Runs `work` with a temporary folder of MTCNN as published. */
export async function withPublishedMtcnn<T>(files: MtcnnFiles, work: (cacheDir: string) => Promise<T>): Promise<T> {
  const cacheDir = await mkdtemp(join(tmpdir(), 'rostro-bench-published-'));
  try {
    await putPublishedMtcnn(files, cacheDir);
    return await work(cacheDir);
  } finally {
    await rm(cacheDir, { recursive: true, force: true });
  }
}
