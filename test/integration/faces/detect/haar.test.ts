import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Detector } from '../../../../src/faces/detect/detector.js';
import { HAAR_MAX_SIDE_PX, loadHaar } from '../../../../src/faces/detect/haar.js';
import { RostroError } from '../../../../src/shared/errors.js';
import { loadOpenCv } from '../../../../src/engine/opencv.js';
import { iou, type Box } from '../../../../src/faces/image/box.js';
import { readPhoto } from '../../../helpers/photo.js';
import { hasShared, needsShared, sharedPath } from '../../../helpers/shared.js';

const CASCADE = 'haarcascade_frontalface_default.xml';

const errorHandlers = () => [...process.listeners('uncaughtException'), ...process.listeners('unhandledRejection')];
/** Before OpenCV is loaded. */
const handlersBefore = errorHandlers();

/**
 * What OpenCV 4.6.0 of Debian 12 (python3-opencv) finds: photo read in colour by `imread`, shrunk to `size` by `resize`
 * with INTER_AREA where it is larger, made grey by `cvtColor`, then `detectMultiScale2` with scaleFactor 1.1,
 * minNeighbors 5 and minSize `minSize`. Boxes are x, y, width, height in pixels of that grey picture, and how many
 * windows agreed on each.
 */
const OPENCV_4_6 = [
  {
    photo: 'groups/bbt1.jpg',
    size: [800, 450],
    minSize: 12,
    boxes: [
      [120, 77, 67, 67, 72],
      [270, 84, 72, 72, 42],
      [421, 76, 66, 66, 69],
      [573, 44, 79, 79, 88],
    ],
  },
  {
    photo: 'groups/bbt4.jpg',
    size: [710, 473],
    minSize: 20,
    boxes: [
      [44, 256, 123, 123, 98],
      [78, 20, 109, 109, 68],
      [225, 45, 104, 104, 71],
      [247, 238, 98, 98, 32],
      [447, 177, 118, 118, 96],
      [566, 65, 112, 112, 47],
    ],
  },
  {
    photo: 'groups/multiface.jpg',
    size: [800, 420],
    minSize: 13,
    boxes: [
      [143, 169, 64, 64, 62],
      [280, 92, 66, 66, 82],
      [365, 34, 67, 67, 77],
      [393, 107, 64, 64, 6],
      [405, 132, 65, 65, 91],
      [476, 315, 63, 63, 88],
      [563, 298, 70, 70, 94],
    ],
  },
  { photo: 'portraits/kate_siegel.jpg', size: [558, 800], minSize: 10, boxes: [[251, 61, 144, 144, 120]] },
  { photo: 'Anthony_Hopkins_0001.jpg', size: [250, 250], minSize: 20, boxes: [[68, 69, 117, 117, 87]] },
];

describe.skipIf(!hasShared)('the Haar cascade' + needsShared, () => {
  let haar: Detector;
  beforeAll(async () => {
    haar = await loadHaar({ path: sharedPath('models', CASCADE), minFacePx: 20 });
  }, 60_000);
  afterAll(() => haar.dispose());

  it.each(OPENCV_4_6)("finds what OpenCV's own build finds in $photo", { timeout: 60_000 }, async (reference) => {
    const image = await readPhoto(sharedPath('images', ...reference.photo.split('/')));
    const found = await haar.detect(image);
    const scaleX = image.width / reference.size[0];
    const scaleY = image.height / reference.size[1];
    const expected = reference.boxes.map(([x, y, width, height]): Box => {
      return { x: x * scaleX, y: y * scaleY, width: width * scaleX, height: height * scaleY };
    });
    expect(found).toHaveLength(expected.length);
    for (const box of expected) {
      expect(Math.max(...found.map((face) => iou(face.box, box)))).toBeGreaterThanOrEqual(0.9);
    }
  });

  it('gives boxes only, the surest first', async () => {
    const found = await haar.detect(await readPhoto(sharedPath('images', 'groups', 'multiface.jpg')));
    expect(found.map(({ landmarks }) => landmarks)).toEqual(found.map(() => null));
    const confidences = found.map(({ confidence }) => confidence);
    expect(confidences).toEqual([...confidences].sort((a, b) => b - a));
    expect(confidences[0]).toBeGreaterThan(0.999);
    expect(confidences.at(-1)).toBeLessThan(0.8);
  });

  it('finds nothing where nothing is, and in pictures smaller than its window', async () => {
    expect(await haar.detect(await readPhoto(sharedPath('images', 'no-faces.jpg')))).toEqual([]);
    for (const [width, height] of [
      [1, 1],
      [23, 23],
      [5000, 1],
    ]) {
      expect(await haar.detect({ width, height, data: new Uint8Array(3 * width * height) })).toEqual([]);
    }
  });

  it('leaves no memory behind', { timeout: 120_000 }, async () => {
    const side = HAAR_MAX_SIDE_PX;
    const image = { width: side, height: side, data: new Uint8Array(3 * side * side).fill(128) };
    const opencv = await loadOpenCv();
    // Only large faces: the same allocations, and a tenth of the search.
    const large = await loadHaar({ path: sharedPath('models', CASCADE), minFacePx: side / 2 });
    await large.detect(image);
    const before = opencv.memoryBytes();
    const frames = 250;
    expect(frames * side * side).toBeGreaterThan(before);
    for (let i = 0; i < frames; i++) await large.detect(image);
    expect(opencv.memoryBytes()).toBe(before);
    await large.dispose();
  });

  it('leaves the errors of the process to the process', () => {
    expect(errorHandlers()).toEqual(handlersBefore);
  });
});

describe('a cascade file that cannot be used', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rostro-haar-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function refusal(content: Uint8Array | string | null): Promise<RostroError> {
    const path = join(folder, CASCADE);
    await rm(path, { force: true });
    if (content !== null) await writeFile(path, content);
    const outcome = await loadHaar({ path, minFacePx: 20 }).catch((error: unknown) => error);
    if (!(outcome instanceof RostroError)) throw new Error('it was taken');
    return outcome;
  }
  const refused = (reason: string) => ({
    code: 'bad_model_file',
    message: `${CASCADE} is not a usable Haar cascade: ${reason}. "rostro models pull" fetches the published one.`,
  });
  const unreadable = refused('OpenCV cannot read it; it is truncated or another file');

  it('is named when it is missing', async () => {
    const { code, message } = await refusal(null);
    expect({ code, message }).toEqual({
      code: 'model_missing',
      message: `The cascade ${join(folder, CASCADE)} cannot be read.`,
    });
  });

  it.each<[string, () => string | Uint8Array | Promise<Uint8Array>]>([
    ['empty', () => ''],
    ['one character', () => '<'],
    ['zeros', () => new Uint8Array(100_000)],
    ['a web page', () => '<!doctype html><html><body>404</body></html>'],
    [
      'a picture',
      () =>
        sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } })
          .png()
          .toBuffer(),
    ],
    ['JSON', () => '{"cascade": 1}'],
    ['YAML without a cascade', () => '%YAML:1.0\n---\na: 1\n'],
    ['XML of something else', () => '<?xml version="1.0"?>\n<opencv_storage><a>1</a></opencv_storage>'],
    ['a cascade without stages', () => cascadeOf('<stageNum>0</stageNum>')],
    ['a cascade with a negative window', () => cascadeOf('<height>-24</height><width>24</width>')],
    ['nested without end', () => `<?xml version="1.0"?>\n<opencv_storage>${'<a>'.repeat(100_000)}`],
  ])('is named when it is %s', { timeout: 60_000 }, async (_what, content) => {
    const { code, message } = await refusal(await content());
    expect({ code, message }).toEqual(unreadable);
  });

  it('is named when it is too large', async () => {
    const { code, message } = await refusal(new Uint8Array(16 * 1024 * 1024 + 1));
    expect({ code, message }).toEqual(refused('it is too large'));
  });

  it.skipIf(!hasShared)('is named wherever it was cut off' + needsShared, { timeout: 60_000 }, async () => {
    const whole = await readFile(sharedPath('models', CASCADE));
    for (const length of [10, 1000, 100_000, 500_000, 900_000, whole.length - 10]) {
      const { code, message } = await refusal(whole.subarray(0, length));
      expect([length, { code, message }]).toEqual([length, unreadable]);
    }
  });
});

function cascadeOf(inside: string): string {
  return `<?xml version="1.0"?>
<opencv_storage><cascade type_id="opencv-cascade-classifier"><stageType>BOOST</stageType>
<featureType>HAAR</featureType>${inside}</cascade></opencv_storage>`;
}
