import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** What a key permits; each scope includes those before it. */
export const SCOPES = ['recognise', 'enrol', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

export function includesScope(held: Scope, needed: Scope): boolean {
  return SCOPES.indexOf(held) >= SCOPES.indexOf(needed);
}

/** A key as it is stored. The key itself is shown once, when it is created. */
export interface StoredKey {
  /** Part of the key, not secret: eight hexadecimal digits. */
  readonly id: string;
  readonly name: string;
  readonly scope: Scope;
  /** The group of people that the key is limited to; null for no limit. */
  readonly group: string | null;
  /** Hash of the whole key, hexadecimal. */
  readonly sha256: string;
  /** ISO 8601, like the two below. */
  readonly createdAt: string;
  /** Null for a key that never expires. */
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
}

const ID_BYTES = 4;
/** 192 random bits. */
const SECRET_BYTES = 24;
const KEY = /^rostro_([0-9a-f]{8})_[0-9a-f]{48}$/;

export interface KeyOptions {
  readonly scope: Scope;
  readonly name: string;
  readonly group?: string | undefined;
  readonly expiresAt: Date | null;
}

/** @returns the key, `rostro_<id>_<secret>`, and what to store of it */
export function makeKey(
  { scope, name, group, expiresAt }: KeyOptions,
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

/** @returns the id if the text has the form of a key, otherwise null */
export function keyIdOf(text: string): string | null {
  return KEY.exec(text)?.[1] ?? null;
}

/** Compares in constant time. */
export function isThisKey(text: string, { sha256 }: StoredKey): boolean {
  return timingSafeEqual(hash(text), Buffer.from(sha256, 'hex'));
}

/**
 * A plain hash is enough: 2^192 secrets cannot be guessed. Slow hashes (bcrypt, scrypt, Argon2) protect passwords that
 * people choose; here they would cost tens of milliseconds for every frame.
 */
function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
