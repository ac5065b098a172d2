import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RostroError } from '../../../../src/shared/errors.js';
import { cachedOnnx, type Conversion } from '../../../../src/models/convert/cache.js';

let dir: string;
let conversions: number;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rostro-cache-'));
  conversions = 0;
  writeFileSync(join(dir, 'a.bin'), 'aaa');
  writeFileSync(join(dir, 'b.bin'), 'bb');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Joins its sources with a dash, and counts how often it does. */
function request(overrides: Partial<Conversion> = {}): Conversion {
  return {
    cacheDir: join(dir, 'cache', 'onnx'),
    converter: 'join-1',
    sources: [join(dir, 'a.bin'), join(dir, 'b.bin')],
    convert(bytes) {
      conversions++;
      return Buffer.from(bytes.map((part) => Buffer.from(part).toString()).join('-'));
    },
    ...overrides,
  };
}
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const stored = (): string[] => readdirSync(join(dir, 'cache', 'onnx')).sort();

async function failureOf(conversion: Conversion): Promise<RostroError> {
  const error: unknown = await cachedOnnx(conversion).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(RostroError);
  return error as RostroError;
}

describe('cachedOnnx', () => {
  it('stores the model under the hash of its sources', async () => {
    const { path, contentHash } = await cachedOnnx(request());
    expect(contentHash).toBe(sha256('aaabb'));
    expect(path).toBe(join(dir, 'cache', 'onnx', `${sha256('aaabb').slice(0, 16)}-join-1.onnx`));
    expect(readFileSync(path, 'utf8')).toBe('aaa-bb');
    expect(stored()).toEqual([basename(path), `${basename(path)}.sha256`]);
    expect(readFileSync(`${path}.sha256`, 'utf8')).toBe(`${sha256('aaa-bb')}  ${basename(path)}\n`);
  });

  it('converts once, however often it is asked, at once or later', async () => {
    const [first, second] = await Promise.all([cachedOnnx(request()), cachedOnnx(request())]);
    expect(second).toEqual(first);
    expect(await cachedOnnx(request())).toEqual(first);
    expect(conversions).toBe(1);
  });

  it('knows the same content under another name', async () => {
    const first = await cachedOnnx(request());
    writeFileSync(join(dir, 'copy.bin'), 'aaa');
    expect(await cachedOnnx(request({ sources: [join(dir, 'copy.bin'), join(dir, 'b.bin')] }))).toEqual(first);
    expect(conversions).toBe(1);
  });

  it('converts again for other content, another order or another converter', async () => {
    const paths = new Set([(await cachedOnnx(request())).path]);
    paths.add((await cachedOnnx(request({ converter: 'join-2' }))).path);
    paths.add((await cachedOnnx(request({ sources: [join(dir, 'b.bin'), join(dir, 'a.bin')] }))).path);
    writeFileSync(join(dir, 'b.bin'), 'BB');
    paths.add((await cachedOnnx(request())).path);
    expect(paths.size).toBe(4);
    expect(conversions).toBe(4);
  });

  it.each([
    ['cut short', (path: string) => truncateSync(path, 3)],
    ['changed', (path: string) => writeFileSync(path, 'aaa+bb')],
    ['missing', (path: string) => rmSync(path)],
    ['without its checksum', (path: string) => rmSync(`${path}.sha256`)],
    ['with an empty checksum', (path: string) => truncateSync(`${path}.sha256`, 0)],
  ])('does not trust a stored model that is %s', async (_title, damage) => {
    const { path } = await cachedOnnx(request());
    damage(path);
    await cachedOnnx(request());
    expect(conversions).toBe(2);
    expect(readFileSync(path, 'utf8')).toBe('aaa-bb');
    await cachedOnnx(request());
    expect(conversions).toBe(2);
  });

  it('stores a whole model when several processes convert it at once', async () => {
    const script = `
      import { cachedOnnx } from ${JSON.stringify(fileURLToPath(new URL('../../../../src/models/convert/cache.ts', import.meta.url)))};
      const { path } = await cachedOnnx({ cacheDir: process.argv[1], converter: 'big-1', sources: [process.argv[2]],
        convert: () => Buffer.alloc(4_000_000, 7) });
      process.stdout.write(path);`;
    const run = (): Promise<string> =>
      new Promise((resolve, reject) => {
        const child = spawn(process.execPath, [
          ...['--import', 'tsx', '--input-type=module', '--eval', script],
          ...[join(dir, 'cache', 'onnx'), join(dir, 'a.bin')],
        ]);
        let output = '';
        child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
        child.on('error', reject);
        child.on('close', (code) => (code === 0 ? resolve(output) : reject(new Error(`exit code ${code ?? 'none'}`))));
      });
    const paths = await Promise.all([run(), run(), run()]);
    expect(new Set(paths).size).toBe(1);
    expect(readFileSync(paths[0]).equals(Buffer.alloc(4_000_000, 7))).toBe(true);
    expect(stored()).toEqual([basename(paths[0]), `${basename(paths[0])}.sha256`]);
  });
});

describe('a failed conversion', () => {
  it('leaves nothing behind and can be tried again', async () => {
    const failing = request({
      convert: () => {
        throw new Error('out of luck');
      },
    });
    await expect(cachedOnnx(failing)).rejects.toThrow('out of luck');
    expect(readdirSync(dir).sort()).toEqual(['a.bin', 'b.bin']);
    expect(readFileSync((await cachedOnnx(request())).path, 'utf8')).toBe('aaa-bb');
  });

  it.each(['bad_model_file', 'unsupported_graph'] as const)('says which file is meant by %s', async (code) => {
    const source = join(dir, 'a.bin');
    const convert = (): Uint8Array => {
      throw new RostroError(code, 'it is no good', { details: { operators: [] } });
    };
    const error = await failureOf(request({ sources: [source], convert }));
    expect(error).toMatchObject({
      code,
      message: `${source}: it is no good`,
      details: { operators: [], files: [source] },
    });
  });

  it('names a source that is not there', async () => {
    const gone = join(dir, 'gone.pb');
    const error = await failureOf(request({ sources: [join(dir, 'a.bin'), gone] }));
    expect(error).toMatchObject({
      code: 'model_missing',
      message: `the model file ${gone} does not exist`,
      details: { file: gone },
    });
    expect(conversions).toBe(0);
  });

  it('says so when a source cannot be read', async () => {
    const error = await failureOf(request({ sources: [dir] }));
    expect(error).toMatchObject({ code: 'bad_model_file', message: `${dir}: the file cannot be read (EISDIR)` });
  });

  it('says so when the result cannot be stored', async () => {
    const cacheDir = join(dir, 'a.bin', 'cache');
    const error = await failureOf(request({ cacheDir }));
    expect(error).toMatchObject({
      code: 'storage_failed',
      message: `the converted model cannot be stored in ${cacheDir} (ENOTDIR)`,
    });
  });

  it('leaves no temporary file when the last step fails', async () => {
    const { path } = await cachedOnnx(request());
    rmSync(path);
    mkdirSync(join(path, 'in the way'), { recursive: true });
    const error = await failureOf(request());
    expect(error.code).toBe('storage_failed');
    expect(stored()).toEqual([basename(path), `${basename(path)}.sha256`]);
  });
});
