import { truncateSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/app/config.js';
import { chooseEmbedder, pipelineSpec } from '../../../src/app/pipeline.js';
import { licencesOf } from '../../../src/faces/pipeline/spec.js';
import { installedWeightsDir } from '../../../src/models/find-models.js';
import { temporaryFolder, writeIn } from '../../helpers/model-files.js';

const specIn = (folder: string, settings: Readonly<Record<string, string>> = {}) =>
  pipelineSpec(readConfig({ ROSTRO_DATA: folder, ...settings }));
const kindsOf = ({ detector, embedder }: ReturnType<typeof specIn>) => [detector.kind, embedder.kind];
const hasWeights = installedWeightsDir() !== null;

/** A data folder with the files of the original networks, which are only looked up by name. */
function originalFolder(): string {
  const folder = temporaryFolder();
  for (const path of ['npy/det1.npy', 'npy/det2.npy', 'npy/det3.npy']) writeIn(folder, path, 'x');
  writeIn(folder, 'model/20180402-114759/20180402-114759.pb', 'x');
  return folder;
}

describe('pipelineSpec', () => {
  it.runIf(hasWeights)(
    'takes with auto MTCNN and MobileFaceNet, also beside the original networks and other cards',
    () => {
      const folder = originalFolder();
      writeIn(folder, 'model/ours/card.json', '{');
      writeIn(folder, 'model/yunet/yunet_n_dynamic.onnx', 'x');
      for (const spec of [specIn(folder), specIn(temporaryFolder())]) {
        expect(kindsOf(spec)).toEqual(['mtcnn', 'arcface']);
        expect(spec.flip).toBe('enrol');
      }
      expect(() => specIn(folder, { EMBEDDER: 'ours' })).toThrow(expect.objectContaining({ code: 'bad_model_file' }));
    },
  );

  it('averages mirrored faces by default with model cards only', () => {
    const folder = originalFolder();
    expect(specIn(folder, { EMBEDDER: 'facenet' }).flip).toBe('off');
    expect(specIn(folder, { EMBEDDER: 'face-api' }).flip).toBe('off');
    expect(specIn(folder, { EMBEDDER: 'facenet', FLIP: 'both' }).flip).toBe('both');
    expect(() => specIn(folder, { EMBEDDER: 'face-api', FLIP: 'enrol' })).toThrow(
      expect.objectContaining({ code: 'bad_config' }),
    );
  });

  it('lets workers run an embedding network themselves if its file has 16 MB at most', () => {
    const folder = temporaryFolder();
    const path = writeIn(folder, 'model/sface/face_recognition_sface_2021dec.onnx', 'x');
    for (const [bytes, isApart] of [
      [16 * 1024 * 1024, false],
      [16 * 1024 * 1024 + 1, true],
    ] as const) {
      truncateSync(path, bytes);
      expect(specIn(folder, { EMBEDDER: 'sface' }).embedsApart).toBe(isApart);
    }
    expect(specIn(folder, { EMBEDDER: 'face-api' }).embedsApart).toBe(false);
  });

  it('takes the card that is named, of the user before the known one', () => {
    const folder = temporaryFolder();
    const path = writeIn(folder, 'model/sface/face_recognition_sface_2021dec.onnx', 'x');
    expect(specIn(folder, { EMBEDDER: 'sface' }).embedder).toMatchObject({ kind: 'arcface', path, card: { scale: 1 } });
    const card = { name: 'sface', file: 'other.onnx', dimension: 64, licence: 'Ours' };
    writeIn(folder, 'model/sface/card.json', JSON.stringify(card));
    const other = writeIn(folder, 'model/sface/other.onnx', 'x');
    const spec = specIn(folder, { EMBEDDER: 'sface' });
    expect(spec.embedder).toMatchObject({ kind: 'arcface', path: other, card: { dimension: 64 } });
    expect(licencesOf(spec)).toEqual({ detector: 'MIT', embedder: 'Ours', liveness: null });
  });

  it('takes YuNet when it is named, in both places', () => {
    for (const place of ['model/yunet/yunet_n_dynamic.onnx', 'yunet/yunet_n_dynamic.onnx']) {
      const folder = temporaryFolder();
      const path = writeIn(folder, place, 'x');
      const spec = specIn(folder, { DETECTOR: 'yunet' });
      expect(spec.detector).toMatchObject({ kind: 'yunet', path });
      expect(licencesOf(spec).detector).toBe('Apache-2.0');
    }
  });

  it.runIf(hasWeights)('takes the installed networks when they are named', () => {
    const folder = temporaryFolder();
    const spec = specIn(folder, { DETECTOR: 'mtcnn', EMBEDDER: 'mobilefacenet' });
    expect(kindsOf(spec)).toEqual(['mtcnn', 'arcface']);
    expect(spec.detector).toMatchObject({ files: { det1: expect.stringMatching(/pnet\.tflite$/) as string } });
    expect(licencesOf(spec)).toEqual({ detector: 'MIT', embedder: 'MIT', liveness: null });
    expect(specIn(originalFolder(), { DETECTOR: 'mtcnn' }).detector).toMatchObject({
      files: { det1: expect.stringMatching(/det1\.npy$/) as string },
    });
  });

  it.each([
    [{ DETECTOR: 'yunet' }, /^DETECTOR=yunet needs model\/yunet\/\S+ in \S+; "rostro models pull yunet" fetches it\.$/],
    [{ EMBEDDER: 'sface' }, /^EMBEDDER=sface needs model\/sface\/\S+ in \S+; "rostro models pull sface" fetches it\.$/],
    [{ EMBEDDER: 'w600k-r50' }, /"rostro models pull w600k-r50 --accept-licence" fetches it\.$/],
    [
      { EMBEDDER: 'arcface' },
      /^EMBEDDER=arcface is not known: there is no \S+card\.json\. Known are face-api, facenet, mobilefacenet, sface, .*, w600k-r50\.$/,
    ],
    [{ EMBEDDER: 'facenet' }, /^EMBEDDER=facenet needs model\/<version>\/<version>\.pb in /],
  ])('says for %j what is missing and how to get it', (settings, message) => {
    expect(() => specIn(temporaryFolder(), settings)).toThrow(
      expect.objectContaining({ code: 'model_missing', message: expect.stringMatching(message) as string }),
    );
  });
});

describe.runIf(hasWeights)('chooseEmbedder', () => {
  const choose = (made: string | null, folder = originalFolder(), settings: Readonly<Record<string, string>> = {}) => {
    const { config, notices } = chooseEmbedder(readConfig({ ROSTRO_DATA: folder, ...settings }), made);
    return { embedder: config.embedding.embedder, notices };
  };

  it('takes the best for an empty gallery, without a notice', () => {
    expect(choose(null)).toEqual({ embedder: 'mobilefacenet', notices: [] });
    expect(choose('mobilefacenet')).toEqual({ embedder: 'mobilefacenet', notices: [] });
  });

  it.each(['face-api', 'facenet-20180402-114759'])(
    'keeps %s, which made the gallery, and names the better one',
    (made) => {
      const { embedder, notices } = choose(made);
      expect(embedder).toBe(made);
      expect(notices).toEqual([
        `The gallery was made with ${made}; mobilefacenet tells people from strangers better. To change it, run ` +
          '"rostro reembed --to mobilefacenet", then, with the server stopped, "rostro reembed --to mobilefacenet --switch". ' +
          `EMBEDDER=${made} hides this note.`,
      ]);
    },
  );

  it('names the commands for a database', () => {
    const [notice] = choose('face-api', originalFolder(), { DATABASE_URL: 'postgres://user@host/name' }).notices;
    expect(notice).toContain('then, restart every server with EMBEDDER=mobilefacenet.');
  });

  it('takes the best where the files of the gallery’s embedder are gone', () => {
    expect(choose('facenet-20180402-114759', temporaryFolder())).toEqual({ embedder: 'mobilefacenet', notices: [] });
  });

  it('leaves an embedder that is set', () => {
    expect(choose('face-api', originalFolder(), { EMBEDDER: 'facenet' })).toEqual({ embedder: 'facenet', notices: [] });
  });
});
