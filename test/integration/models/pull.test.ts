import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MODEL_FILES } from '../../../src/models/manifest.js';
import { isSuccess, pullModels, type PullOptions } from '../../../src/models/pull.js';
import { modelFile, sampleBytes, sha256, temporaryFolder, writeIn, zip } from '../../helpers/model-files.js';
import { file, page, status, WebServer } from '../../helpers/web-server.js';

const bytes = sampleBytes(50_000);
const other = sampleBytes(40_000);
const network = { tries: 2, backoffMs: 1 };

let web: WebServer;
beforeAll(async () => {
  web = await WebServer.start();
});
afterAll(() => web.stop());
beforeEach(() => void web.asked.splice(0));

/** Pulls into a data folder and returns what came of it, and what the data folder holds then. */
async function pull(dataDir: string, options: Omit<PullOptions, 'dataDir'>) {
  const results = await pullModels({ dataDir, network, onProgress: web.received, ...options });
  const outcomes = results.map((result) =>
    'error' in result
      ? { outcome: result.outcome, code: result.error.code, message: result.error.message }
      : { outcome: result.outcome, checksum: result.checksum },
  );
  const content = readdirSync(dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dataDir.length + 1))
    .sort();
  return { outcomes, content, success: isSuccess(results) };
}

describe('pullModels from the sources', () => {
  const path = 'model/sample.bin';

  it('fetches a file, and has nothing to do the second time', async () => {
    const dataDir = temporaryFolder();
    const files = [modelFile(bytes, { sources: [{ url: web.on('/a', file(bytes)) }] })];
    expect(await pull(dataDir, { files })).toEqual({
      outcomes: [{ outcome: 'fetched', checksum: 'ok' }],
      content: [path],
      success: true,
    });
    expect(readFileSync(join(dataDir, path)).equals(bytes)).toBe(true);
    expect((await pull(dataDir, { files })).outcomes).toEqual([{ outcome: 'present', checksum: 'ok' }]);
    expect(web.asked).toEqual(['GET /a']);
  });

  it('unpacks the graph from a zip archive, and nothing else', async () => {
    const dataDir = temporaryFolder();
    const archive = zip([
      { name: 'v/v.meta', bytes: other },
      { name: 'v/v.pb', bytes },
    ]);
    const sources = [{ url: web.on('/v.zip', web.brokenAfter(500, archive), file(archive)), zipEntry: 'v/v.pb' }];
    const files = [modelFile(bytes, { path: 'model/v/v.pb', sources })];
    expect(await pull(dataDir, { files })).toEqual({
      outcomes: [{ outcome: 'fetched', checksum: 'ok' }],
      content: ['model/v/v.pb'],
      success: true,
    });
    expect(web.asked).toEqual(['GET /v.zip', 'GET /v.zip from 500']);
  });

  it('deletes bytes with a wrong checksum and names them, even where other builds are sound', async () => {
    const dataDir = temporaryFolder();
    const url = web.on('/wrong', file(other));
    const files = [modelFile(bytes, { otherBuilds: true, sources: [{ url }] })];
    const message =
      `${path} could not be fetched. ${url} has another SHA-256 than ${path} should have: ` +
      `${sha256(other)}, not ${sha256(bytes)}.`;
    expect(await pull(dataDir, { files })).toEqual({
      outcomes: [{ outcome: 'failed', code: 'checksum_mismatch', message }],
      content: [],
      success: false,
    });
  });

  it('takes a file of which only the ends of the digest are published, and remembers it', async () => {
    const dataDir = temporaryFolder();
    const digest = sha256(bytes);
    const published = `${digest.slice(0, 8)}…${digest.slice(-4)}`;
    const [good, wrong] = [web.on('/good', file(bytes)), web.on('/wrong', file(other))];
    const fromWrong = [modelFile(bytes, { sha256: published, sources: [{ url: wrong }] })];
    expect((await pull(dataDir, { files: fromWrong })).outcomes).toMatchObject([{ code: 'checksum_mismatch' }]);
    const files = [modelFile(bytes, { sha256: published, sources: [{ url: good }] })];
    expect((await pull(dataDir, { files })).outcomes).toEqual([{ outcome: 'fetched', checksum: 'unverified' }]);
    const record: unknown = JSON.parse(readFileSync(join(dataDir, '.cache/models.json'), 'utf8'));
    expect(record).toEqual({ [path]: digest });
    writeIn(dataDir, path, other);
    expect((await pull(dataDir, { files })).outcomes).toMatchObject([{ code: 'checksum_mismatch' }]);
  });

  it('goes on to the next source, and tells of all when none works', async () => {
    const dataDir = temporaryFolder();
    const quota = web.on('/quota', page('<title>Quota exceeded</title>'));
    const good = web.on('/good', file(bytes));
    const gone = web.on('/gone', status(410));
    const sources = [{ url: quota }, { url: good }];
    const files = [modelFile(bytes, { sources })];
    expect((await pull(dataDir, { files })).outcomes).toEqual([{ outcome: 'fetched', checksum: 'ok' }]);
    const hopeless = [modelFile(bytes, { path: 'model/b.bin', sources: [{ url: quota }, { url: gone }] })];
    const message =
      `model/b.bin could not be fetched. ${quota} answered with a web page (“Quota exceeded”) instead of the file. ` +
      `${gone} answered 410 Gone.`;
    expect((await pull(dataDir, { files: hopeless })).outcomes).toEqual([
      { outcome: 'failed', code: 'download_failed', message },
    ]);
  });

  it('does not let one failure stop the others', async () => {
    const dataDir = temporaryFolder();
    const bad = modelFile(bytes, { path: 'a.bin', sources: [{ url: web.on('/404', status(404)) }] });
    const good = modelFile(bytes, { path: 'b.bin', sources: [{ url: web.on('/a', file(bytes)) }] });
    const { outcomes, content, success } = await pull(dataDir, { files: [bad, good] });
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['failed', 'fetched']);
    expect({ content, success }).toEqual({ content: ['b.bin'], success: false });
  });
});

describe('pullModels over files that are there', () => {
  it('leaves a damaged file alone until it is forced', async () => {
    const dataDir = temporaryFolder();
    writeIn(dataDir, 'model/sample.bin', other);
    const files = [modelFile(bytes, { sources: [{ url: web.on('/a', file(bytes)) }] })];
    const message =
      'model/sample.bin is there, but it is not the published file (its SHA-256 differs). Replace it with --force.';
    const left = await pull(dataDir, { files });
    expect(left.outcomes).toEqual([{ outcome: 'failed', code: 'checksum_mismatch', message }]);
    expect(readFileSync(join(dataDir, 'model/sample.bin')).equals(other)).toBe(true);
    const forced = await pull(dataDir, { files, force: true });
    expect(forced.outcomes).toEqual([{ outcome: 'fetched', checksum: 'ok' }]);
    expect(readFileSync(join(dataDir, 'model/sample.bin')).equals(bytes)).toBe(true);
  });

  it('keeps the old file when the forced one is not right', async () => {
    const dataDir = temporaryFolder();
    writeIn(dataDir, 'model/sample.bin', bytes);
    const files = [modelFile(bytes, { sources: [{ url: web.on('/wrong', file(other)) }] })];
    const { outcomes, content } = await pull(dataDir, { files, force: true });
    expect(outcomes).toMatchObject([{ outcome: 'failed', code: 'checksum_mismatch' }]);
    expect(content).toEqual(['model/sample.bin']);
    expect(readFileSync(join(dataDir, 'model/sample.bin')).equals(bytes)).toBe(true);
  });

  it('has the embedded files, and cannot fetch them', async () => {
    const dataDir = temporaryFolder();
    const weights = MODEL_FILES.find(({ path }) => path === 'face_landmark_68_model.bin')!;
    const missing = { ...weights, path: 'no_such_model.bin' };
    expect((await pull(dataDir, { files: [weights, missing], force: true })).outcomes).toEqual([
      { outcome: 'present', checksum: 'ok' },
      {
        outcome: 'failed',
        code: 'model_missing',
        message: 'no_such_model.bin comes with @vladmandic/face-api; run npm install.',
      },
    ]);
  });

  it('says when the data folder cannot be written to', async () => {
    const dataDir = temporaryFolder();
    writeIn(dataDir, 'model', 'a file where the folder should be');
    const files = [modelFile(bytes, { sources: [{ url: web.on('/a', file(bytes)) }] })];
    const { outcomes } = await pull(dataDir, { files });
    expect(outcomes).toMatchObject([{ outcome: 'failed', code: 'storage_failed' }]);
    expect(outcomes[0]).toHaveProperty('message', expect.stringMatching(/^model\/sample\.bin could not be written: E/));
  });
});

describe('pullModels --from', () => {
  const graph = modelFile(bytes, { path: 'model/v/v.pb', otherBuilds: true });
  const array = modelFile(sampleBytes(3000), { path: 'npy/det1.npy' });

  it('copies from a folder, accepts another build of a graph and remembers it', async () => {
    const [from, dataDir] = [temporaryFolder(), temporaryFolder()];
    writeIn(from, 'model/v/v.pb', other);
    writeIn(from, 'npy/det1.npy', sampleBytes(3000));
    expect(await pull(dataDir, { files: [graph, array], from })).toEqual({
      outcomes: [
        { outcome: 'fetched', checksum: 'unverified' },
        { outcome: 'fetched', checksum: 'ok' },
      ],
      content: ['.cache/models.json', 'model/v/v.pb', 'npy/det1.npy'],
      success: true,
    });
    writeIn(dataDir, 'model/v/v.pb', 'changed by hand');
    const message = 'model/v/v.pb has changed since it was first seen here. Replace it with --force.';
    expect((await pull(dataDir, { files: [graph], from })).outcomes).toEqual([
      { outcome: 'failed', code: 'checksum_mismatch', message },
    ]);
    writeIn(from, 'model/v/v.pb', sampleBytes(30_000));
    const forced = await pull(dataDir, { files: [graph], from, force: true });
    expect(forced.outcomes).toEqual([{ outcome: 'fetched', checksum: 'unverified' }]);
    expect((await pull(dataDir, { files: [graph], from })).outcomes).toEqual([
      { outcome: 'present', checksum: 'unverified' },
    ]);
  });

  it('finds the files of model/ in a folder without model/ too', async () => {
    const [from, dataDir] = [temporaryFolder(), temporaryFolder()];
    writeIn(from, 'v/v.pb', other);
    const { outcomes, content } = await pull(dataDir, { files: [graph], from });
    expect(outcomes).toEqual([{ outcome: 'fetched', checksum: 'unverified' }]);
    expect(content).toEqual(['.cache/models.json', 'model/v/v.pb']);
  });

  it('fetches from an address of the same layout, with or without a slash at its end', async () => {
    web.on('/mirror/npy/det1.npy', file(sampleBytes(3000)));
    for (const from of [`${web.origin}/mirror`, `${web.origin}/mirror/`]) {
      const { outcomes, content } = await pull(temporaryFolder(), { files: [array], from });
      expect(outcomes).toEqual([{ outcome: 'fetched', checksum: 'ok' }]);
      expect(content).toEqual(['npy/det1.npy']);
    }
  });

  it('refuses a wrong file from a folder', async () => {
    const [from, dataDir] = [temporaryFolder(), temporaryFolder()];
    writeIn(from, 'npy/det1.npy', other.subarray(0, 3000).reverse());
    const { outcomes, content } = await pull(dataDir, { files: [array], from });
    expect(outcomes).toMatchObject([{ outcome: 'failed', code: 'checksum_mismatch' }]);
    expect(content).toEqual([]);
  });

  it('refuses a file that is too large before it copies it', async () => {
    const [from, dataDir] = [temporaryFolder(), temporaryFolder()];
    const path = writeIn(from, 'npy/det1.npy', other);
    const message = `npy/det1.npy could not be fetched. ${path} has 40000 bytes, more than it can have.`;
    expect((await pull(dataDir, { files: [{ ...array, maxBytes: 3000 }], from })).outcomes).toEqual([
      { outcome: 'failed', code: 'checksum_mismatch', message },
    ]);
  });

  it.each(['folder', 'address'])('skips what the %s does not have, but not when it was asked for', async (kind) => {
    const [folder, dataDir] = [temporaryFolder(), temporaryFolder()];
    writeIn(folder, 'npy/det1.npy', sampleBytes(3000));
    web.on('/part/npy/det1.npy', file(sampleBytes(3000)));
    const from = kind === 'folder' ? folder : `${web.origin}/part`;
    const all = await pull(dataDir, { files: [graph, array], from, allowSkips: true });
    expect(all.outcomes).toMatchObject([{ outcome: 'skipped', code: 'model_missing' }, { outcome: 'fetched' }]);
    expect(all.success).toBe(true);
    const asked = await pull(dataDir, { files: [graph], from });
    expect(asked.outcomes).toMatchObject([{ outcome: 'failed', code: 'model_missing' }]);
    expect(asked.success).toBe(false);
  });

  it('is no success when the folder has nothing at all', async () => {
    const from = temporaryFolder();
    const { success } = await pull(temporaryFolder(), { files: [graph, array], from, allowSkips: true });
    expect(success).toBe(false);
  });

  it.each(['/no/such/folder', 'ftp://example.org/models', 'http://['])('refuses %s', async (from) => {
    const dataDir = temporaryFolder();
    await expect(pull(dataDir, { files: [array], from })).rejects.toMatchObject({
      code: 'download_failed',
      message: `${from} is neither a folder nor an http address.`,
    });
    expect(existsSync(join(dataDir, 'npy'))).toBe(false);
  });
});
