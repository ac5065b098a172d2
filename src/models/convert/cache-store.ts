import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { RostroError } from '../../shared/errors.js';

const READ_CHUNK_BYTES = 2 ** 20;

/** The file beside a model that says what it must hold, in the format of `sha256sum --check`. */
function checksumPath(path: string): string {
  return `${path}.sha256`;
}

/** True when the file is exactly what `storeModel` wrote. One that cannot be read is not. */
export async function isIntact(path: string): Promise<boolean> {
  try {
    const [expected] = (await readFile(checksumPath(path), 'utf8')).split(' ');
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path, { highWaterMark: READ_CHUNK_BYTES })) hash.update(chunk as Buffer);
    return hash.digest('hex') === expected;
  } catch {
    return false;
  }
}

/**
 * Stores a model and its checksum, each in one step: a crash leaves the old file, the new one, or none.
 * @throws RostroError `storage_failed`
 */
export async function storeModel(path: string, model: Uint8Array): Promise<void> {
  const checksum = createHash('sha256').update(model).digest('hex');
  try {
    await mkdir(dirname(path), { recursive: true });
    await replaceFile(path, model);
    await replaceFile(checksumPath(path), Buffer.from(`${checksum}  ${basename(path)}\n`));
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new RostroError('storage_failed', `the converted model cannot be stored in ${dirname(path)} (${code})`, {
      cause,
    });
  }
}

async function replaceFile(path: string, content: Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Makes a rename survive a power cut. Windows cannot open a folder for this, and does not need it. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
