import { cachedOnnx } from '../../../models/convert/cache.js';
import { importOnet, importPnet, importRnet } from '../../../models/convert/import/mtcnn/networks.js';
import type { Engine, Session } from '../../../engine/engine.js';
import { checkMtcnnOptions, Mtcnn, type MtcnnOptions } from './mtcnn.js';

/** Paths of the weight files of davidsandberg/facenet. */
export interface MtcnnFiles {
  readonly det1: string;
  readonly det2: string;
  readonly det3: string;
}

/**
 * MTCNN from its three weight files, converted to ONNX on first use and cached.
 * @throws RostroError `bad_config` when an option is out of range, `model_missing` or `bad_model_file` for a file
 */
export async function loadMtcnn(
  engine: Engine,
  files: MtcnnFiles,
  cacheDir: string,
  options: Partial<MtcnnOptions> = {},
): Promise<Mtcnn> {
  const checked = checkMtcnnOptions(options);
  const load = async (
    converter: string,
    file: string,
    convert: (bytes: Uint8Array) => Uint8Array,
  ): Promise<Session> => {
    const { path } = await cachedOnnx({ cacheDir, converter, sources: [file], convert: ([bytes]) => convert(bytes) });
    return engine.load(path);
  };
  const pnet = await load('mtcnn-pnet-1', files.det1, importPnet);
  const rnet = await load('mtcnn-rnet-1', files.det2, importRnet);
  const onet = await load('mtcnn-onet-1', files.det3, importOnet);
  return new Mtcnn({ pnet, rnet, onet }, checked);
}
