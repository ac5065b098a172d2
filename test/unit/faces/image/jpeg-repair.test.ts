import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeImage, openImage } from '../../../../src/faces/image/decode.js';
import { repairJpeg } from '../../../../src/faces/image/jpeg-repair.js';

const limits = { maxPixels: 1_000_000 };
const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
const picture = () => sharp({ create: { width: 320, height: 240, channels: 3, background: '#888', noise } });

const plain: Record<'baseline' | 'progressive' | 'with restarts', Buffer> = {
  baseline: Buffer.alloc(0),
  progressive: Buffer.alloc(0),
  'with restarts': Buffer.alloc(0),
};
beforeAll(async () => {
  const png = await picture().png().toBuffer();
  plain.baseline = await sharp(png).withMetadata({ orientation: 1 }).jpeg().toBuffer();
  plain.progressive = await sharp(png).withMetadata({ orientation: 1 }).jpeg({ progressive: true }).toBuffer();
  plain['with restarts'] = withRestartMarkers(await sharp(png).jpeg({ optimiseCoding: false }).toBuffer());
});

/** Not a restart interval, but a segment that allows none: the walker must still pass it. */
function withRestartMarkers(jpeg: Buffer): Buffer {
  return Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0xff, 0xdd, 0, 4, 0, 0]), jpeg.subarray(2)]);
}

/** Where the segments of the header begin, after the start marker. */
function segmentsOf(jpeg: Buffer): { readonly code: number; readonly at: number; readonly end: number }[] {
  const found: { code: number; at: number; end: number }[] = [];
  for (let at = 2; jpeg[at] === 0xff;) {
    const end = at + 2 + jpeg.readUInt16BE(at + 2);
    found.push({ code: jpeg[at + 1], at, end });
    if (jpeg[at + 1] === 0xda) break;
    at = end;
  }
  return found;
}

const inserted = (jpeg: Buffer, at: number, bytes: readonly number[]) =>
  Buffer.concat([jpeg.subarray(0, at), Buffer.from(bytes), jpeg.subarray(at)]);
const kinds = Object.keys(plain) as (keyof typeof plain)[];

describe('a JPEG that viewers open', () => {
  const same = async (kind: keyof typeof plain, changed: Uint8Array, fault: RegExp) => {
    const opened = await openImage(changed, limits);
    expect(opened.warnings).toMatchObject([{ code: 'jpeg_repaired', message: expect.stringMatching(fault) as string }]);
    const [image, expected] = [await opened.decode(), await decodeImage(plain[kind], limits)];
    expect(Buffer.compare(image.data, expected.data)).toBe(0);
  };

  it.each(kinds)('is read without its end marker: %s', async (kind) => {
    await same(kind, plain[kind].subarray(0, -2), /no end marker/);
    await same(kind, plain[kind].subarray(0, -1), /no end marker/);
    await same(kind, Buffer.concat([plain[kind].subarray(0, -2), plain[kind]]), /no end marker/);
  });

  it.each(kinds)('is read with stray bytes between any of its segments: %s', async (kind) => {
    const stray = [[0], [0, 0, 0], [1, 2, 3, 4, 5], [0xff, 0x00, 7], [0xff, 0x10, 0x20], [0xff, 0xd8]];
    for (const { at } of segmentsOf(plain[kind]).slice(1)) {
      for (const bytes of stray) await same(kind, inserted(plain[kind], at, bytes), /stray bytes between its segments/);
    }
  });

  it.each(['baseline', 'with restarts'] as const)('is read with the scan parameters of Samsung: %s', async (kind) => {
    for (const parameters of [
      [0, 0, 0],
      [0, 64, 0],
      [0, 63, 0x11],
    ]) {
      const changed = Buffer.from(plain[kind]);
      changed.set(parameters, segmentsOf(changed).at(-1)!.end - 3);
      await same(kind, changed, /scan parameters/);
    }
  });

  it.each(kinds)('is read with everything at once: %s', async (kind) => {
    const [, second] = segmentsOf(plain[kind]);
    await same(kind, inserted(plain[kind], second.at, [0, 0]).subarray(0, -2), /stray bytes.*no end marker/);
  });
});

describe('a JPEG', () => {
  it.each(kinds)('is not changed if nothing is wrong: %s', (kind) => {
    for (const bytes of [plain[kind], Buffer.concat([plain[kind], Buffer.alloc(99, 7)])]) {
      expect(repairJpeg(bytes).bytes).toBe(bytes);
    }
    const filled = inserted(plain[kind], segmentsOf(plain[kind])[1].at, [0xff, 0xff]);
    expect(repairJpeg(filled).bytes).toBe(filled);
  });

  it.each(kinds)('that is cut in the middle is damaged: %s', async (kind) => {
    const whole = plain[kind];
    for (const share of [0.02, 0.1, 0.5, 0.9, 0.99]) {
      const cut = whole.subarray(0, Math.floor(share * whole.length));
      for (const bytes of [cut, Buffer.concat([cut, Buffer.from([0xff, 0xd9])])]) {
        await expect(decodeImage(bytes, limits)).rejects.toMatchObject({ code: 'damaged_image' });
      }
    }
  });

  it('of hostile bytes takes linear time', () => {
    const start = performance.now();
    for (const unit of [
      [0xff],
      [0xff, 0xd8],
      [0xff, 0x00],
      [0xff, 0xc0, 0, 2],
      [0xff, 0xda, 0, 2],
      [0xff, 0xc0, 0, 2, 0],
      [0],
    ]) {
      repairJpeg(Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.alloc(2_000_000, Buffer.from(unit))]));
    }
    expect(performance.now() - start).toBeLessThan(3000);
  });
});
