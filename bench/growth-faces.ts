import sharp from 'sharp';
import { sharedPath } from '../test/helpers/shared.js';
import { reportGrowth } from './support/harness.js';
import { timeStages } from './support/stages.js';

/**
 * Time of a frame by the number of faces: a contact sheet of 1280×960 with 1 to 16 faces of about 130 pixels on grey,
 * from JPEG to embeddings (MTCNN from 40 px, FaceNet).
 *
 *   npx tsx bench/growth-faces.ts
 */
const FACES = [1, 2, 4, 8, 16];
const ROUNDS = { rounds: 20, warmUp: 3 };
const SHEET = { width: 1280, height: 960 };
const COLUMNS = 4;
const CELL = { width: SHEET.width / COLUMNS, height: SHEET.height / COLUMNS };
const PORTRAIT_PX = 180;
const PEOPLE = ['amy', 'bernadette', 'howard', 'leonard', 'penny', 'raj', 'sheldon', 'stuart'];

/** @param index 0..15: two photos of each of eight people */
function portrait(index: number): Promise<Buffer> {
  const person = PEOPLE[index % PEOPLE.length];
  const number = 1 + Math.floor(index / PEOPLE.length);
  const photo = sharp(sharedPath('images', 'people', person, `${person}${number}.png`));
  return photo.resize(PORTRAIT_PX, PORTRAIT_PX).png().toBuffer();
}

async function contactSheet(faces: number): Promise<Buffer> {
  const placed = Array.from({ length: faces }, async (_, i) => ({
    input: await portrait(i),
    left: Math.round(CELL.width * (i % COLUMNS) + (CELL.width - PORTRAIT_PX) / 2),
    top: Math.round(CELL.height * Math.floor(i / COLUMNS) + (CELL.height - PORTRAIT_PX) / 2),
  }));
  const grey = sharp({ create: { ...SHEET, channels: 3, background: { r: 128, g: 128, b: 128 } } });
  return grey
    .composite(await Promise.all(placed))
    .jpeg({ quality: 85 })
    .toBuffer();
}

const frames = await Promise.all(
  FACES.map(async (faces) => ({ name: `${faces} faces`, jpeg: await contactSheet(faces), faces })),
);
const times = await timeStages(frames, ROUNDS);
reportGrowth(
  'growth-faces',
  times.map((stages, i) => ({ faces: FACES[i], ...stages })),
);
