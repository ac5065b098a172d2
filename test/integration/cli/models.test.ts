import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MODEL_FILES } from '../../../src/models/manifest.js';
import { hasShared, needsShared, sharedPath } from '../../helpers/shared.js';
import { sha256, temporaryFolder, writeIn } from '../../helpers/model-files.js';
import { rostroWith } from '../../helpers/rostro.js';
import { file, WebServer } from '../../helpers/web-server.js';

/** Settings of the process running the tests do not count. */
async function rostro(args: readonly string[], settings: Record<string, string> = {}) {
  const { code, out, err } = await rostroWith({ ROSTRO_DATA: '', ...settings }, '.', ...args);
  return { code, stdout: out, stderr: err };
}

const rows = (stdout: string) => stdout.slice(0, stdout.indexOf('\n\n')).split('\n');
const rowOf = (stdout: string, path: string) => rows(stdout).find((row) => row.includes(path))!;

describe('rostro models', () => {
  it('lists every file within 100 columns, says what is missing and where it comes from', async () => {
    const { code, stdout, stderr } = await rostro(['models', '--data', temporaryFolder()]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(rows(stdout)).toHaveLength(13);
    expect(rows(stdout)[0]).toMatch(/^model +file +here +checksum +licence +enables$/);
    expect(rowOf(stdout, 'det1.npy')).toMatch(/^mtcnn +npy\/det1\.npy +missing +MIT +MTCNN detector$/);
    expect(rowOf(stdout, 'ssd_mobilenetv1_model.bin')).toMatch(/^face-api +\S+ +✓ +ok +MIT +SSD detector$/);
    expect(rows(stdout).every((row) => row.length <= 100)).toBe(true);
    expect(stdout).toContain('MS-Celeb-1M, which Microsoft published for non-commercial research');
    expect(stdout).toContain('\n  https://raw.githubusercontent.com/davidsandberg/facenet/master/src/align/det1.npy\n');
    expect(stdout).toContain('\n\nmissing: 6. "rostro models pull" fetches them.\n');
    expect(stdout.trimEnd()).toMatch(/\nin use: detector ssd \(MIT\), embedder face-api \(MIT\)\.$/);
  });

  it('shows wrong and unverified files for what they are', async () => {
    const dataDir = temporaryFolder();
    writeIn(dataDir, 'npy/det1.npy', 'damaged');
    writeIn(dataDir, 'model/20180402-114759/20180402-114759.pb', 'frozen anew');
    const { code, stdout } = await rostro(['models'], { ROSTRO_DATA: dataDir });
    expect(code).toBe(0);
    expect(rowOf(stdout, 'det1.npy')).toMatch(/ ✓ +wrong +MIT /);
    expect(rowOf(stdout, '20180402-114759.pb')).toMatch(/ ✓ +unverified +MIT /);
    expect(stdout).toContain('\nunverified: a file that works may have another SHA-256 than the published one');
    expect(stdout).toContain('\nwrong: not the published file.');
    expect(rows(stdout).every((row) => row.length <= 100)).toBe(true);
  });

  it('prints everything that is known as JSON', async () => {
    const dataDir = temporaryFolder();
    writeIn(dataDir, 'npy/det1.npy', 'damaged');
    const { code, stdout } = await rostro(['models', '--json', '--data', dataDir]);
    expect(code).toBe(0);
    const entries = JSON.parse(stdout) as Record<string, unknown>[];
    expect(entries).toHaveLength(MODEL_FILES.length);
    expect(entries.find((entry) => entry.file === 'npy/det1.npy')).toEqual({
      name: 'mtcnn',
      file: 'npy/det1.npy',
      path: join(dataDir, 'npy/det1.npy'),
      embedded: false,
      present: true,
      bytes: 7,
      sizeOk: false,
      sha256: sha256('damaged'),
      checksum: 'wrong',
      published: { bytes: 27368, sha256: '3285cf7a3de2651c5784cb9e32013f5919aae95fd1ed1bc371dd9691affb39af' },
      licence: 'MIT',
      licenceNote: expect.stringContaining('WIDER FACE') as string,
      enables: 'MTCNN detector',
      sources: ['https://raw.githubusercontent.com/davidsandberg/facenet/master/src/align/det1.npy'],
    });
  });
});

describe('rostro models with cards of the user', () => {
  it('lists them with their licence, and the ones that are not usable with the reason', async () => {
    const dataDir = temporaryFolder();
    const card = {
      name: 'ours',
      file: 'ours.onnx',
      dimension: 512,
      licence: 'Ours',
      commercial: false,
      training: 'Us',
    };
    writeIn(dataDir, 'model/ours/card.json', JSON.stringify(card));
    writeIn(dataDir, 'model/ours/ours.onnx', 'weights');
    writeIn(dataDir, 'model/bad/card.json', JSON.stringify({ ...card, name: 'bad', size: 'large' }));
    const { code, stdout } = await rostro(['models'], { ROSTRO_DATA: dataDir, EMBEDDER: 'ours' });
    expect(code).toBe(0);
    expect(stdout).toMatch(/\nours +ours\.onnx +✓ +unverified +non-commercial +512 values *\n/);
    expect(stdout).toContain('\nours\n  Ours. Training data: Us.\n  your own file\n');
    expect(stdout).toContain(`\nnot usable: ${join(dataDir, 'model/bad/card.json')}: "size" is not usable: `);
    expect(stdout.trimEnd()).toMatch(/\nin use: detector ssd \(MIT\), embedder ours \(Ours\)\.$/);
  });
});

describe('rostro models pull', () => {
  it('fetches a model with a non-commercial licence only when the licence is accepted', async () => {
    const web = await WebServer.start();
    web.on('/model/w600k-mbf/w600k_mbf.onnx', file(Buffer.from('weights')));
    const args = ['models', 'pull', 'w600k-mbf', '--from', web.origin, '--data', temporaryFolder()];
    const refused = await rostro(args);
    expect(refused.stderr).toBe(
      'rostro: The licence of w600k-mbf forbids commercial use: Non-commercial research only (InsightFace). ' +
        'Give --accept-licence if your use complies. (bad_config)\n',
    );
    expect(web.asked).toEqual([]);
    const accepted = await rostro([...args, '--accept-licence']);
    expect(accepted.stderr).toContain(`has another SHA-256 than model/w600k-mbf/w600k_mbf.onnx should have`);
    await web.stop();
  });

  it('refuses a name that it does not know', async () => {
    const { code, stdout, stderr } = await rostro(['models', 'pull', 'arcface', '--data', temporaryFolder()]);
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^rostro: No known model is called arcface\. There are: facenet-2017, facenet-2018, mtcnn, .*, w600k-r50\. \(model_missing\)\n$/,
      ) as string,
    });
  });

  it('exits with 1 when a file is not what it should be, and leaves nothing behind', async () => {
    const web = await WebServer.start();
    const url = web.on('/npy/det1.npy', file(Buffer.from('not an array')));
    const dataDir = temporaryFolder();
    const args = ['models', 'pull', 'det1.npy', '--from', web.origin, '--data', dataDir];
    const { code, stdout, stderr } = await rostro(args);
    await web.stop();
    expect({ code, stdout }).toEqual({ code: 1, stdout: 'fetching npy/det1.npy\n' });
    expect(stderr).toBe(
      `✗ npy/det1.npy could not be fetched. ${url} has another SHA-256 than npy/det1.npy should ` +
        `have: ${sha256('not an array')}, not 3285cf7a3de2651c5784cb9e32013f5919aae95fd1ed1bc371dd9691affb39af.\n`,
    );
    expect(existsSync(join(dataDir, 'npy/det1.npy'))).toBe(false);
  });

  it('has the embedded files without a network', async () => {
    const { code, stdout } = await rostro(['models', 'pull', 'face-api', '--json', '--data', temporaryFolder()]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toHaveLength(6);
    expect(JSON.parse(stdout)).toContainEqual({
      name: 'face-api',
      file: 'face_recognition_model.bin',
      outcome: 'present',
      checksum: 'ok',
    });
  });
});

describe.skipIf(!hasShared)('rostro models pull --from the reference files' + needsShared, () => {
  it('finds YuNet where it lies there', async () => {
    const dataDir = temporaryFolder();
    const args = ['models', 'pull', 'yunet', '--from', sharedPath('models'), '--data', dataDir];
    expect((await rostro(args)).code).toBe(0);
    expect(existsSync(join(dataDir, 'model/yunet/yunet_n_dynamic.onnx'))).toBe(true);
  });

  it('fills the data folder with all that is there', async () => {
    const dataDir = temporaryFolder();
    const pulled = await rostro(['models', 'pull', '--from', sharedPath('models'), '--data', dataDir]);
    expect(pulled.code).toBe(0);
    expect(pulled.stdout.split('\n').filter((line) => line.startsWith('✓'))).toEqual([
      '✓ model/20180402-114759/20180402-114759.pb  fetched, checksum unverified',
      '✓ npy/det1.npy  fetched, checksum ok',
      '✓ npy/det2.npy  fetched, checksum ok',
      '✓ npy/det3.npy  fetched, checksum ok',
      '✓ haarcascade_frontalface_default.xml  fetched, checksum ok',
    ]);
    expect(pulled.stderr).toMatch(/^– model\/20170512-110547\/20170512-110547\.pb could not be fetched\. .* has no /);
    const array = 'npy/det3.npy';
    expect(readFileSync(join(dataDir, array)).equals(readFileSync(sharedPath('models', array)))).toBe(true);
    const again = await rostro(['models', 'pull', '--from', sharedPath('models'), '--data', dataDir]);
    expect(again.code).toBe(0);
    expect(again.stdout).toContain('✓ npy/det1.npy  already here, checksum ok\n');
  });

  it('fails when a file that was named is not there', async () => {
    const from = sharedPath('models');
    const { code, stderr } = await rostro([
      'models',
      'pull',
      'facenet-2017',
      '--from',
      from,
      '--data',
      temporaryFolder(),
    ]);
    const path = 'model/20170512-110547/20170512-110547.pb';
    expect({ code, stderr }).toEqual({ code: 1, stderr: `✗ ${path} could not be fetched. ${from} has no ${path}.\n` });
  });
});
