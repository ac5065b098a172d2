import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { z } from 'zod';
import { parseJson } from '../shared/json.js';

/** The signature algorithm of RFC 8037, section 3.1. */
const ALGORITHM = 'EdDSA';
/** An explicit type, so that no other token of this key could be taken for one (RFC 8725, section 3.11). */
export const TOKEN_TYPE = 'rostro-challenge+jwt';
export const ISSUER = 'rostro';
/** How long a token is valid, seconds: the time from a passed challenge to the door that reads it. */
export const TOKEN_LIFETIME_S = 60;
/** A token has about 600 bytes. */
const MAX_TOKEN_LENGTH = 4096;

/** A private Ed25519 key as a JWK (RFC 8037, section 2). */
export const privateJwk = z.strictObject({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.base64url(),
  d: z.base64url(),
});
export type PrivateJwk = z.infer<typeof privateJwk>;

export interface PublicJwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  /** The thumbprint of the key (RFC 7638). */
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: typeof ALGORITHM;
}

/** What a token says. Times are seconds since 1970. */
export const tokenClaims = z.strictObject({
  iss: z.literal(ISSUER),
  /** The id of the challenge. */
  sub: z.string(),
  /** Who may accept the token; missing where none was named. */
  aud: z.string().optional(),
  jti: z.string(),
  iat: z.int(),
  exp: z.int(),
  /** Null for a living person whom the gallery does not know. */
  person: z.strictObject({ name: z.string(), id: z.string().nullable() }).nullable(),
  /** The score of the passive check, 0..1; null where no network of it runs. */
  score: z.number().min(0).max(1).nullable(),
  actions: z.array(z.string()),
});
export type TokenClaims = z.infer<typeof tokenClaims>;

export const TOKEN_FAULTS = ['malformed', 'bad_signature', 'expired', 'wrong_audience', 'used'] as const;
export type TokenFault = (typeof TOKEN_FAULTS)[number];

export function newPrivateJwk(): PrivateJwk {
  return privateJwk.parse(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }));
}

/** Signs tokens and checks them: JSON Web Tokens (RFC 7519) in the compact form, signed with Ed25519. */
export class TokenSigner {
  readonly publicJwk: PublicJwk;
  private readonly privateKey: KeyObject;
  private readonly publicKey: KeyObject;

  /** @throws an error of node:crypto for a key that is not one */
  constructor(key: PrivateJwk) {
    this.privateKey = createPrivateKey({ key, format: 'jwk' });
    this.publicKey = createPublicKey(this.privateKey);
    const { x } = this.publicKey.export({ format: 'jwk' }) as { readonly x: string };
    this.publicJwk = { kty: 'OKP', crv: 'Ed25519', x, kid: thumbprint(x), use: 'sig', alg: ALGORITHM };
  }

  sign(claims: TokenClaims): string {
    const header = { alg: ALGORITHM, typ: TOKEN_TYPE, kid: this.publicJwk.kid };
    const signed = `${encode(header)}.${encode(claims)}`;
    return `${signed}.${sign(null, Buffer.from(signed), this.privateKey).toString('base64url')}`;
  }

  /**
   * @param audience what the token's `aud` must be, if it has one
   * @param now seconds since 1970
   * @returns the claims, or why the token is refused
   */
  check(token: string, audience: string | undefined, now: number): TokenClaims | Exclude<TokenFault, 'used'> {
    const parts = token.split('.');
    if (token.length > MAX_TOKEN_LENGTH || parts.length !== 3 || !parts.every(isBase64Url)) return 'malformed';
    const [header, payload, signature] = parts.map((part) => Buffer.from(part, 'base64url'));
    const head = parseJson(header) as { alg?: unknown; typ?: unknown } | null;
    if (head?.alg !== ALGORITHM || head.typ !== TOKEN_TYPE) return 'malformed';
    if (!verify(null, Buffer.from(`${parts[0]}.${parts[1]}`), this.publicKey, signature)) return 'bad_signature';
    const claims = tokenClaims.safeParse(parseJson(payload));
    if (!claims.success) return 'malformed';
    if (claims.data.exp <= now) return 'expired';
    return claims.data.aud === audience ? claims.data : 'wrong_audience';
  }
}

/** Only the canonical form, so that a token has one spelling. */
function isBase64Url(part: string): boolean {
  return part !== '' && Buffer.from(part, 'base64url').toString('base64url') === part;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** RFC 7638 with the members of RFC 8037, appendix A.3, in the order of their names. */
function thumbprint(x: string): string {
  return createHash('sha256')
    .update(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }))
    .digest('base64url');
}
