import { readFile } from 'node:fs/promises';
import { convertGraphDef } from '../../src/models/convert/tensorflow/convert.js';
import { convertOnet, convertPnet, convertRnet } from '../../src/models/convert/mtcnn/networks.js';
import type { Engine } from '../../src/engine/engine.js';
import { sharedPath } from '../helpers/shared.js';
import type { ReferenceNetworks } from './path.js';

const FACENET = { input: 'input', falseConstants: ['phase_train'], output: 'embeddings', inputSizePx: 160 };

/** The networks of the shared weights: MTCNN's three, and FaceNet of 2018. */
export async function loadReference(engine: Engine): Promise<ReferenceNetworks> {
  const read = (...path: string[]) => readFile(sharedPath('models', ...path));
  const graph = await read('model', '20180402-114759', '20180402-114759.pb');
  return {
    pnet: await engine.load(convertPnet(await read('npy', 'det1.npy'))),
    rnet: await engine.load(convertRnet(await read('npy', 'det2.npy'))),
    onet: await engine.load(convertOnet(await read('npy', 'det3.npy'))),
    facenet: await engine.load(convertGraphDef(graph, FACENET).onnx),
  };
}
