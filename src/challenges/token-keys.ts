import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { openState, writeState } from '../gallery/sealing/state-file.js';
import type { Vault } from '../gallery/sealing/vault.js';
import { RostroError } from '../shared/errors.js';
import { systemCode } from '../shared/files.js';
import { parseJson } from '../shared/json.js';
import { newPrivateJwk, privateJwk, TokenSigner } from './token.js';

const schema = z.strictObject({ version: z.literal(1), key: privateJwk });

/** Path of the key that signs the tokens of challenges. */
export function challengeKeyFile(stateDir: string): string {
  return join(stateDir, 'challenge-key.json');
}

/** `.state/challenge-key.json`: made when it is first needed; only its owner can read it, and it is encrypted when the gallery is. */
export class TokenKeys {
  private readonly path: string;
  private loading: Promise<TokenSigner> | null = null;

  constructor(
    stateDir: string,
    private readonly vault: Vault,
  ) {
    this.path = challengeKeyFile(stateDir);
  }

  /** @throws RostroError `storage_failed`, also for a file that is damaged; `encryption_key_wrong`, `gallery_corrupt` */
  signer(): Promise<TokenSigner> {
    this.loading ??= this.load().catch((error: unknown) => {
      this.loading = null;
      throw error;
    });
    return this.loading;
  }

  private async load(): Promise<TokenSigner> {
    const stored = await readFile(this.path).catch((cause: unknown) => {
      if (systemCode(cause) === 'ENOENT') return null;
      throw this.unreadable(systemCode(cause) ?? 'unknown error', cause);
    });
    if (stored === null) return this.create();
    const parsed = schema.safeParse(parseJson(openState(stored, this.path, this.vault)));
    if (!parsed.success) throw this.unreadable('it is damaged');
    try {
      return new TokenSigner(parsed.data.key);
    } catch (cause) {
      throw this.unreadable('it is damaged', cause);
    }
  }

  private async create(): Promise<TokenSigner> {
    const key = newPrivateJwk();
    await writeState(this.path, schema, { version: 1, key }, this.vault);
    return new TokenSigner(key);
  }

  private unreadable(reason: string, cause?: unknown): RostroError {
    const advice = 'Delete it for a new key, and give the new public key to whatever checks tokens.';
    return new RostroError(
      'storage_failed',
      `The key of the challenges, ${this.path}, cannot be read: ${reason}. ${advice}`,
      { cause },
    );
  }
}
