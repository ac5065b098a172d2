import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** What a key may do; each scope includes those before it. */
export const SCOPES = ['recognise', 'enrol', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

export function includesScope(held: Scope, needed: Scope): boolean {
  return SCOPES.indexOf(held) >= SCOPES.indexOf(needed);
}

/** What is kept of a key; the key itself is shown once, when it is made. */
export interface StoredKey {
  /** Part of the key and no secret: eight hexadecimal digits. */
  readonly id: string;
  readonly name: string;
  readonly scope: Scope;
  /** The group of people that it belongs to and does not reach beyond; null reaches everybody. */
  readonly group: string | null;
  /** Of the whole key, hexadecimal. */
  readonly sha256: string;
  /** ISO 8601, as the two below. */
  readonly createdAt: string;
  /** Null never expires. */
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
}

const ID_BYTES = 4;
/** 192 random bits. */
const SECRET_BYTES = 24;
const KEY = /^rostro_([0-9a-f]{8})_[0-9a-f]{48}$/;

export interface KeyWish {
  readonly scope: Scope;
  readonly name: string;
  readonly group?: string | undefined;
  readonly expiresAt: Date | null;
}

/** @returns the key, `rostro_<id>_<secret>`, and what to keep of it */
export function makeKey(
  { scope, name, group, expiresAt }: KeyWish,
  now = new Date(),
): { key: string; stored: StoredKey } {
  const id = randomBytes(ID_BYTES).toString('hex');
  const key = `rostro_${id}_${randomBytes(SECRET_BYTES).toString('hex')}`;
  return {
    key,
    stored: {
      id,
      name,
      scope,
      group: group ?? null,
      sha256: hash(key).toString('hex'),
      createdAt: now.toISOString(),
      expiresAt: expiresAt?.toISOString() ?? null,
      revokedAt: null,
    },
  };
}

/** @returns the id in a text that has the form of a key, null for any other text */
export function keyIdOf(text: string): string | null {
  return KEY.exec(text)?.[1] ?? null;
}

/** Takes as long for a wrong key as for the right one. */
export function isThisKey(text: string, { sha256 }: StoredKey): boolean {
  return timingSafeEqual(hash(text), Buffer.from(sha256, 'hex'));
}

/**
 * A plain hash is enough: nobody tries out 2^192 secrets, however fast. The slow hashes (bcrypt, scrypt, Argon2) are for
 * passwords, which people choose, and would cost tens of milliseconds with every frame.
 */
function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
