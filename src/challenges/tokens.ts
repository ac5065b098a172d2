import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { openState, writeState } from '../gallery/sealing/state-file.js';
import type { Vault } from '../gallery/sealing/vault.js';
import { RostroError } from '../shared/errors.js';
import { systemCode } from '../shared/files.js';
import { parseJson } from '../shared/json.js';
import {
  ISSUER,
  newPrivateJwk,
  privateJwk,
  type PublicJwk,
  TOKEN_LIFETIME_S,
  type TokenClaims,
  type TokenFault,
  TokenSigner,
} from './token.js';

const schema = z.strictObject({ version: z.literal(1), key: privateJwk });

/** Path of the key that signs the tokens of challenges. */
export function challengeKeyFile(stateDir: string): string {
  return join(stateDir, 'challenge-key.json');
}

/**
 * Issues tokens, and accepts each once. The key is in `.state/challenge-key.json`: made when it is first needed; only its owner can read it, and it is
 * encrypted when the gallery is. Which tokens were accepted is in memory: after a restart, older tokens are refused.
 */
export class ChallengeTokens {
  private readonly path: string;
  private loading: Promise<TokenSigner> | null = null;
  /** Tokens that were not redeemed yet, by `jti`, with their `exp`. */
  private readonly unused = new Map<string, number>();

  constructor(
    stateDir: string,
    private readonly vault: Vault,
  ) {
    this.path = challengeKeyFile(stateDir);
  }

  /** @throws RostroError as {@link signer} */
  async issue(claims: Pick<TokenClaims, 'sub' | 'person' | 'score' | 'actions'>, audience?: string): Promise<string> {
    const signer = await this.signer();
    const iat = nowS();
    const exp = iat + TOKEN_LIFETIME_S;
    const jti = randomUUID();
    for (const [known, end] of this.unused) if (end < iat) this.unused.delete(known);
    this.unused.set(jti, exp);
    return signer.sign({ iss: ISSUER, ...claims, ...(audience !== undefined && { aud: audience }), jti, iat, exp });
  }

  /**
   * Accepts a token of this server once.
   * @param audience what its `aud` must be; none for a token without one
   * @throws RostroError `token_refused`, with the reason in `details.why`; as {@link signer}
   */
  async redeem(token: string, audience: string | undefined): Promise<TokenClaims> {
    const signer = await this.signer();
    const claims = signer.check(token, audience, nowS());
    if (typeof claims === 'string') throw tokenRefused(claims);
    if (!this.unused.delete(claims.jti)) throw tokenRefused('used');
    return claims;
  }

  /** The public key, as a JWK set (RFC 7517, section 5). @throws RostroError as {@link signer} */
  async publicKeys(): Promise<{ readonly keys: readonly PublicJwk[] }> {
    return { keys: [(await this.signer()).publicJwk] };
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

function nowS(): number {
  return Math.floor(Date.now() / 1000);
}

const REFUSALS: Readonly<Record<TokenFault, string>> = {
  malformed: 'it is no token of a challenge',
  bad_signature: 'it was not signed by this server, or was altered',
  expired: 'it has expired',
  wrong_audience: 'it was made for another audience',
  used: 'it was used before',
};

function tokenRefused(why: TokenFault): RostroError {
  return new RostroError('token_refused', `The token is refused: ${REFUSALS[why]}.`, { details: { why } });
}
