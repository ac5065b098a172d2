import { createDecipheriv, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { seal, sealedWith, sealingKey, unseal } from '../../../../src/gallery/sealing/sealed.js';

const secret = Buffer.alloc(32, 7);
const key = sealingKey(secret);
const plain = Buffer.from('a face');

describe('sealed bytes', () => {
  it('have the documented format', () => {
    const sealed = Buffer.from(seal(plain, key, 'uploads/Ada/1.jpg'));
    expect(sealed.subarray(0, 6)).toEqual(Buffer.from('RSEAL\x01', 'latin1'));
    expect(sealed.subarray(6, 14).toString('hex')).toBe(key.id);
    const decipher = createDecipheriv('aes-256-gcm', secret, sealed.subarray(14, 26));
    decipher.setAAD(Buffer.concat([sealed.subarray(0, 14), Buffer.from('uploads/Ada/1.jpg')]));
    decipher.setAuthTag(sealed.subarray(-16));
    expect(Buffer.concat([decipher.update(sealed.subarray(26, -16)), decipher.final()])).toEqual(plain);
  });

  it('decrypt only with their key and name', () => {
    const sealed = seal(plain, key, 'uploads/Ada/1.jpg');
    expect(unseal(sealed, key, 'uploads/Ada/1.jpg')).toEqual(plain);
    expect(unseal(sealed, key, 'uploads/Eve/1.jpg')).toBeNull();
    expect(unseal(sealed, sealingKey(randomBytes(32)), 'uploads/Ada/1.jpg')).toBeNull();
  });

  it('do not decrypt after any bit was flipped', () => {
    const sealed = Buffer.from(seal(plain, key, 'x'));
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const turned = Buffer.from(sealed);
      turned[bit >> 3] ^= 1 << (bit & 7);
      if (sealedWith(turned) === key.id) expect(unseal(turned, key, 'x'), `bit ${bit}`).toBeNull();
      else expect(bit >> 3).toBeLessThan(14);
    }
  });

  it('do not decrypt when truncated', () => {
    const sealed = seal(plain, key, 'x');
    for (let length = 0; length < sealed.length; length++) {
      const cut = sealed.subarray(0, length);
      if (sealedWith(cut) !== null) expect(unseal(cut, key, 'x')).toBeNull();
    }
  });

  it('differ with every encryption and contain no plain text', () => {
    const several = Array.from({ length: 100 }, () => Buffer.from(seal(plain, key, 'x')));
    expect(new Set(several.map((sealed) => sealed.subarray(14, 26).toString('hex'))).size).toBe(100);
    for (const sealed of several) expect(sealed.includes(plain)).toBe(false);
  });

  it('can be empty', () => {
    const sealed = seal(new Uint8Array(), key, 'x');
    expect(unseal(sealed, key, 'x')).toHaveLength(0);
  });
});
