import { createLocalJWKSet, calculateJwkThumbprint, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { newPrivateJwk, TOKEN_TYPE, type TokenClaims, TokenSigner } from '../../../src/challenges/token.js';

const NOW = 1_800_000_000;
const claims: TokenClaims = {
  iss: 'rostro',
  sub: 'a-challenge',
  aud: 'front door',
  jti: 'once',
  iat: NOW,
  exp: NOW + 60,
  person: { name: 'Ada Łovelace', id: '7' },
  score: 0.98,
  actions: ['blink', 'turn_left'],
};
const signer = new TokenSigner(newPrivateJwk());
const token = signer.sign(claims);

/** As a door checks it: with another library, and the public key alone. */
function atTheDoor(given: string, { audience = 'front door', at = NOW + 30, from = signer } = {}) {
  const keys = createLocalJWKSet({ keys: [{ ...from.publicJwk }] });
  const options = { issuer: 'rostro', audience, typ: TOKEN_TYPE, algorithms: ['EdDSA'] };
  return jwtVerify(given, keys, { ...options, currentDate: new Date(at * 1000) });
}

/** Changes one claim and keeps the signature. */
function altered(change: object): string {
  const [header, payload, signature] = token.split('.');
  const changed = { ...(JSON.parse(Buffer.from(payload, 'base64url').toString()) as object), ...change };
  return [header, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.');
}

describe('a token', () => {
  it('is read by a JOSE library', async () => {
    const { payload, protectedHeader } = await atTheDoor(token);
    expect(payload).toEqual(claims);
    expect(protectedHeader).toEqual({ alg: 'EdDSA', typ: TOKEN_TYPE, kid: signer.publicJwk.kid });
  });

  it('has a key id that is the thumbprint of RFC 7638', async () => {
    expect(signer.publicJwk.kid).toBe(await calculateJwkThumbprint({ ...signer.publicJwk }));
  });

  it('is refused by a JOSE library when it has expired, was altered, or is of another key or audience', async () => {
    await expect(atTheDoor(token, { at: NOW + 60 })).rejects.toMatchObject({ code: 'ERR_JWT_EXPIRED' });
    await expect(atTheDoor(altered({ person: { name: 'Bob', id: null } }))).rejects.toMatchObject({
      code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    });
    await expect(atTheDoor(token, { audience: 'back door' })).rejects.toMatchObject({
      code: 'ERR_JWT_CLAIM_VALIDATION_FAILED',
    });
    const foreign = new TokenSigner(newPrivateJwk());
    await expect(atTheDoor(token, { from: foreign })).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
  });

  it('is checked by the server', () => {
    expect(signer.check(token, 'front door', NOW + 59)).toEqual(claims);
    expect(signer.check(token, 'front door', NOW + 60)).toBe('expired');
    expect(signer.check(token, 'back door', NOW)).toBe('wrong_audience');
    expect(signer.check(token, undefined, NOW)).toBe('wrong_audience');
    expect(signer.check(altered({ exp: NOW + 999 }), 'front door', NOW)).toBe('bad_signature');
    expect(signer.check(new TokenSigner(newPrivateJwk()).sign(claims), 'front door', NOW)).toBe('bad_signature');
    const open = { ...claims, aud: undefined };
    expect(signer.check(signer.sign(open), 'front door', NOW)).toBe('wrong_audience');
    expect(signer.check(signer.sign(open), undefined, NOW)).toEqual(open);
  });

  it.each(['', '.', '..', 'a.b', 'a.b.c', 'null.null.null', `${token}.`, `${token}=`, 'x'.repeat(5000)])(
    'is refused when it is malformed: %.20s',
    (given) => {
      expect(signer.check(given, undefined, NOW)).toBe('malformed');
    },
  );

  it('is refused with another algorithm or type, also when the signature is right', async () => {
    const key = newPrivateJwk();
    const own = new TokenSigner(key);
    const signed = (header: { alg: string; typ?: string }) =>
      new SignJWT({ ...claims }).setProtectedHeader(header).sign({ ...key, alg: 'EdDSA' });
    expect(own.check(await signed({ alg: 'EdDSA', typ: 'JWT' }), 'front door', NOW)).toBe('malformed');
    expect(own.check(await signed({ alg: 'EdDSA' }), 'front door', NOW)).toBe('malformed');
    expect(own.check(await signed({ alg: 'EdDSA', typ: TOKEN_TYPE }), 'front door', NOW)).toEqual(claims);
    const none = [{ alg: 'none', typ: TOKEN_TYPE }, claims].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    );
    expect(own.check(`${none.join('.')}.AA`, 'front door', NOW)).toBe('malformed');
    const { privateKey } = await generateKeyPair('ES256');
    const other = await new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'ES256', typ: TOKEN_TYPE })
      .sign(privateKey);
    expect(own.check(other, 'front door', NOW)).toBe('malformed');
  });
});
