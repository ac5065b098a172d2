import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { parseJson, readJsonFile, requireUniqueIds } from '../../../src/shared/json.js';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'rostro-json-'))));
afterAll(() => rmSync(folder, { recursive: true }));

it('parseJson reads text and bytes, and gives undefined for what is not JSON', () => {
  expect(parseJson('{"a":[1]}')).toEqual({ a: [1] });
  expect(parseJson(Buffer.from('"ñ"'))).toBe('ñ');
  expect(parseJson('null')).toBeNull();
  for (const text of ['', '{', 'hello']) expect(parseJson(text)).toBeUndefined();
});

it('readJsonFile names the setting or the place, and never the value', async () => {
  const path = join(folder, 'file.json');
  const read = () => readJsonFile(path, z.object({ url: z.url() }), 'CAMERAS_FILE');
  await expect(read()).rejects.toMatchObject({
    code: 'bad_config',
    message: `CAMERAS_FILE=${path} cannot be read: ENOENT.`,
  });
  writeFileSync(path, '{"url": "secret');
  await expect(read()).rejects.toMatchObject({ code: 'bad_config', message: `${path} is no JSON.` });
  writeFileSync(path, '{"url": "secret"}');
  await expect(read()).rejects.toThrow(`${path} is not usable: url: `);
  await expect(read()).rejects.not.toThrow('secret');
  writeFileSync(path, '{"url": "http://a/"}');
  expect(await read()).toEqual({ url: 'http://a/' });
});

it('requireUniqueIds names the id that two entries have', () => {
  expect(() => requireUniqueIds('f', 'cameras', [{ id: 'a' }, { id: 'b' }])).not.toThrow();
  expect(() => requireUniqueIds('f', 'cameras', [{ id: 'a' }, { id: 'a' }])).toThrow('f has two cameras "a".');
});
