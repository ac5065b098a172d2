import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FilePseudonyms } from '../../../../src/privacy/audit/pseudonyms.js';

it('a pseudonym that cannot be written is answered with storage_failed', async () => {
  const folder = join(await mkdtemp(join(tmpdir(), 'rostro-pseudonyms-')), 'audit');
  const pseudonyms = new FilePseudonyms(folder);
  await pseudonyms.getOrCreate('Ada');
  await rm(folder, { recursive: true });
  await writeFile(folder, 'a file where a folder is expected');
  const failed = { code: 'storage_failed' };
  await expect(pseudonyms.alias('Ada', 'Alan')).rejects.toMatchObject(failed);
  await expect(pseudonyms.getOrCreate('Grace')).rejects.toMatchObject(failed);
  await rm(join(folder, '..'), { recursive: true });
});
