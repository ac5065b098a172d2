import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { sealedWith } from '../gallery/sealing/sealed.js';
import { sealedStateName, writeState } from '../gallery/sealing/state-file.js';
import type { Vault } from '../gallery/sealing/vault.js';
import { RostroError } from '../shared/errors.js';
import { syncFolder, systemCode } from '../shared/files.js';
import { parseJson } from '../shared/json.js';
import { cameraSettings, type CameraSettings } from './camera-settings.js';

const schema = z.strictObject({ version: z.literal(1), cameras: z.array(cameraSettings) });

/** Path of the cameras that were added while the server runs. It contains their passwords. */
export function camerasStateFile(stateDir: string): string {
  return join(stateDir, 'cameras.json');
}

/** `.state/cameras.json`: only its owner can read it, and it is encrypted when the gallery is. */
export class CameraFile {
  private readonly path: string;

  constructor(
    stateDir: string,
    private readonly vault: Vault,
  ) {
    this.path = camerasStateFile(stateDir);
  }

  /**
   * @returns none where there is no file. A plain file from before the encryption is encrypted now.
   * @throws RostroError `bad_config` without the content, `encryption_key_wrong`, `gallery_corrupt`, `storage_failed`
   */
  async read(): Promise<readonly CameraSettings[]> {
    const stored = await readFile(this.path).catch((cause: unknown) => {
      if (systemCode(cause) === 'ENOENT') return null;
      throw this.unreadable(systemCode(cause) ?? 'unknown error', cause);
    });
    if (stored === null) return [];
    const isPlain = sealedWith(stored) === null;
    const bytes = isPlain ? stored : this.vault.open(stored, sealedStateName(this.path));
    const parsed = schema.safeParse(parseJson(bytes));
    if (!parsed.success) throw this.unreadable('it is damaged');
    const { cameras } = parsed.data;
    if (isPlain && this.vault.encrypts) await this.write(cameras);
    return cameras;
  }

  /** @throws RostroError `storage_failed` */
  async write(cameras: readonly CameraSettings[]): Promise<void> {
    await writeState(this.path, schema, { version: 1, cameras: [...cameras] }, this.vault);
    await syncFolder(dirname(this.path));
  }

  private unreadable(reason: string, cause?: unknown): RostroError {
    const path = join(basename(dirname(this.path)), basename(this.path));
    return new RostroError('bad_config', `The cameras in ${path} cannot be read: ${reason}.`, { cause });
  }
}
