import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findings } from '../../helpers/browser/axe.js';
import { hasChromium, needsChromium } from '../../helpers/browser/browser.js';
import { startLive, twoPeople, type LiveTestSession } from '../../helpers/browser/live.js';
import { startSession, type Session } from '../../helpers/browser/session.js';
import { csvRows } from '../../helpers/csv-rows.js';
import { hasShared, hasWeights, needsSharedAndWeights, sharedPath } from '../../helpers/shared.js';
import { unzipped } from '../../helpers/zip.js';

const isNarrow = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);
const states = (page: Page, state: string) => page.locator(`.attendance-row[data-state=${state}]`);
const rowOf = (page: Page, name: string) => page.locator('.attendance-row', { hasText: name });

async function download(page: Page, kind: 'csv' | 'xlsx'): Promise<Buffer> {
  const [file] = await Promise.all([page.waitForEvent('download'), page.locator(`#download-${kind}`).click()]);
  expect(file.suggestedFilename()).toMatch(new RegExp(`^\\d{4}-\\d\\d-\\d\\d .+\\.${kind}$`));
  return readFileSync(await file.path());
}

describe.skipIf(!hasChromium)(`the page Attendance${needsChromium}`, () => {
  let session: Session;
  let folder: string;
  beforeAll(async () => {
    session = await startSession();
    await session.enrol('Ada <b>Lovelace', session.photos.samePerson);
    await session.enrol('=Grace', session.photos.otherPerson);
    folder = await mkdtemp(join(tmpdir(), 'rostro-room-'));
    await writeFile(join(folder, 'room.jpg'), session.photos.portrait);
  }, 120_000);
  afterAll(async () => {
    await session.close();
    await rm(folder, { recursive: true });
  });

  it.each(['light', 'dark'] as const)('takes attendance from a photo and by hand, in %s', async (colorScheme) => {
    const { page, errors, dialogs } = await session.open('/attendance.html', { colorScheme, reducedMotion: 'reduce' });
    await page.locator('#who').selectOption('everyone');
    await page.locator('#title').fill('3B <i>');
    expect(await findings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Start' }).click();
    await page.locator('#count', { hasText: '0 of 2 present' }).waitFor();
    await page.locator('#photos').setInputFiles(join(folder, 'room.jpg'));
    await page.locator('.attendance-picture', { hasText: '1 face' }).waitFor();
    await expect.poll(() => rowOf(page, 'Ada').getAttribute('data-state')).toMatch(/present|doubtful/);
    await rowOf(page, 'Grace').getByRole('button', { name: 'Mark =Grace as present' }).click();
    await rowOf(page, 'Grace').locator('.attendance-state', { hasText: 'Present' }).waitFor();
    expect(await page.locator('#announcer').innerText()).toContain('of 2 present');
    await rowOf(page, 'Grace').locator('summary').click();
    expect(await findings(page)).toEqual([]);
    await rowOf(page, 'Grace').locator('input').fill('by bus');
    await page.keyboard.press('Enter');
    await rowOf(page, 'Grace').locator('.attendance-note', { hasText: 'by bus' }).waitFor();
    await rowOf(page, 'Grace').getByRole('button', { name: 'Take back' }).click();
    await expect.poll(() => rowOf(page, 'Grace').getAttribute('data-state')).toBe('absent');
    await page.getByRole('button', { name: 'Missing' }).click();
    expect(await rowOf(page, 'Grace').isVisible()).toBe(true);
    await page.getByRole('button', { name: 'End', exact: true }).click();
    await page.getByRole('button', { name: 'Go on' }).waitFor();
    expect(await page.locator('#sources').isVisible()).toBe(false);
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('#tools').isVisible()).toBe(false);
    expect(await rowOf(page, 'Grace').locator('.attendance-name').isVisible()).toBe(true);
    await page.emulateMedia({ media: 'screen' });
    const [head, ...rows] = csvRows((await download(page, 'csv')).subarray(3).toString('utf8'));
    expect([head[0], ...rows.map(([name]) => name)]).toEqual(['Name', "'=Grace", 'Ada <b>Lovelace']);
    const workbook = await unzipped(await download(page, 'xlsx'));
    expect(workbook.get('xl/worksheets/sheet1.xml')!.toString()).toContain('Ada &lt;b&gt;Lovelace');
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.locator('#confirm.show').waitFor();
    expect(await findings(page)).toEqual([]);
    await page.locator('#confirm-yes').click();
    await page.getByText('No session yet').waitFor();
    expect([...errors, ...dialogs]).toEqual([]);
  });

  it('opens a session for a list of names, in Spanish and on a telephone', async () => {
    const { page, errors } = await session.open('/attendance.html', {
      viewport: { width: 390, height: 844 },
      locale: 'es-ES',
    });
    await page.locator('#who').selectOption('list');
    await page.locator('#names').fill('ADA <b>lovelace\nNadie');
    await page.getByRole('button', { name: 'Empezar' }).click();
    await page.getByRole('alert').filter({ hasText: 'Nadie' }).waitFor();
    expect(await isNarrow(page)).toBe(true);
    await page.locator('#names').fill(' ADA <b>lovelace \n');
    await page.getByRole('button', { name: 'Empezar' }).click();
    await page.locator('#count', { hasText: '0 de 1 presentes' }).waitFor();
    expect(await isNarrow(page)).toBe(true);
    expect(await findings(page)).toEqual([]);
    await page.getByRole('link', { name: 'Todas las sesiones' }).click();
    await page.locator('.attendance-session', { hasText: 'en curso' }).waitFor();
    expect(errors).toEqual([]);
  });

  it('says so where a session was deleted', async () => {
    const { page } = await session.open('/attendance.html?session=000000000000-000000000000');
    await page.getByRole('alert').filter({ hasText: 'was deleted' }).waitFor();
    expect(await findings(page)).toEqual([]);
  });
});

const PUPILS = 25;
/** Of the middle of a photo of LFW, pixels: people in the background are left out. */
const SIDE = 130;
const title = !hasChromium ? needsChromium : needsSharedAndWeights;

describe.skipIf(!hasChromium)(`the webcam of the page Attendance${needsChromium}`, () => {
  let session: LiveTestSession;
  beforeAll(async () => {
    session = await startLive([{ picture: await twoPeople(), frames: 30 }]);
  }, 120_000);
  afterAll(() => session.close());

  it('marks who is in front of it, and is off when the session ends', async () => {
    const { attendance } = session.server.core;
    const facts = { title: 'door', group: null, people: null, lateAfter: null, camera: null };
    const { id } = await attendance.open(facts);
    const { page, errors } = await session.open(`/attendance.html?session=${id}`);
    await page.getByRole('button', { name: 'Use this webcam' }).click();
    await rowOf(page, 'Ada Lovelace').locator('.hint', { hasText: 'by the webcam' }).waitFor();
    await page.locator('#webcam-words', { hasText: '2 faces' }).waitFor();
    expect(await findings(page)).toEqual([]);
    const isPlaying = () =>
      page.locator('#video').evaluate((video) => (video as { srcObject?: unknown }).srcObject !== null);
    expect(await isPlaying()).toBe(true);
    await page.getByRole('button', { name: 'End', exact: true }).click();
    await expect.poll(isPlaying).toBe(false);
    expect(await page.locator('#stage').isVisible()).toBe(false);
    expect(errors).toEqual([]);
  });
});

describe.skipIf(!hasChromium || !hasShared || !hasWeights)(`a teacher with 25 pupils${title}`, () => {
  let session: Session;
  let folder: string;
  const people = hasShared ? peopleOfLfw() : [];
  const pupils = people.slice(0, PUPILS).map(({ name }) => name.replaceAll('_', ' ').replace(/^A/, 'Á'));
  beforeAll(async () => {
    session = await startSession([], { DETECTOR: 'mtcnn', EMBEDDER: 'mobilefacenet' });
    folder = await mkdtemp(join(tmpdir(), 'rostro-room-'));
    for (const [i, name] of pupils.entries()) {
      for (const number of [0, 1]) {
        const bytes = await photoOf(people[i], number);
        await session.server.core.enrolment.enrol({ bytes, fileName: undefined, name, face: 0 });
      }
      await session.server.core.people.change(name, { groups: ['3B'] });
    }
    await mkdir(join(folder, 'room'));
    // The last two pupils are missing; a stranger is there, and half of the face of the last pupil.
    const there = pupils.slice(0, -2).map((_, i) => photoOf(people[i], 2));
    const groups = [there.slice(0, 6), there.slice(6, 12), there.slice(12, 18), there.slice(18)];
    groups[0].push(photoOf(people[PUPILS + 3], 0));
    for (const [i, photos] of groups.entries()) {
      await writeFile(join(folder, `room-${i}.jpg`), await roomOf(await Promise.all(photos)));
    }
    const last = await photoOf(people[PUPILS - 1], 2);
    const half = await sharp(last)
      .extract({ left: 0, top: 0, width: SIDE / 2, height: SIDE })
      .toBuffer();
    const edge = sharp({ create: { width: 3 * SIDE, height: SIDE, channels: 3, background: '#456' } });
    const picture = await edge
      .composite([{ input: half, left: 2.5 * SIDE, top: 0 }])
      .jpeg()
      .toBuffer();
    await writeFile(join(folder, 'room-4.jpg'), picture);
  }, 240_000);
  afterAll(async () => {
    await session.close();
    await rm(folder, { recursive: true });
  });

  it('has the list after four photos and one tick, and takes it home', async () => {
    const { page, errors } = await session.open('/attendance.html', { viewport: { width: 390, height: 844 } });
    await page.locator('#who').selectOption('group:3B');
    await page.locator('#late').fill('00:00');
    await page.getByRole('button', { name: 'Start' }).click();
    await page.locator('#count', { hasText: '0 of 25 present' }).waitFor();
    const files = [0, 1, 2, 3, 4].map((i) => join(folder, `room-${i}.jpg`));
    await page.locator('#photos').setInputFiles(files);
    await expect.poll(() => page.locator('.attendance-picture .spinner-border').count(), { timeout: 60_000 }).toBe(0);
    const words = await page.locator('.attendance-picture').allInnerTexts();
    expect(words).toHaveLength(5);
    const wrong = pupils.slice(-2);
    for (const name of wrong) expect(await rowOf(page, name).getAttribute('data-state')).toBe('absent');
    const [present, doubtful] = [await states(page, 'present').count(), await states(page, 'doubtful').count()];
    expect(present + doubtful).toBeGreaterThanOrEqual(21);
    expect(present).toBeGreaterThanOrEqual(18);
    expect(words.join().replace(/\s+/g, ' ')).toMatch(/1 face · 1 cut by the edge/);
    expect(await isNarrow(page)).toBe(true);
    await rowOf(page, wrong[0])
      .getByRole('button', { name: `Mark ${wrong[0]} as present` })
      .click();
    await rowOf(page, wrong[0]).locator('.attendance-late-badge').waitFor();
    await rowOf(page, wrong[0]).locator('summary').click();
    await rowOf(page, wrong[0]).locator('input').fill('doctor, "came" later');
    await page.keyboard.press('Enter');
    await rowOf(page, wrong[0]).locator('.attendance-note').waitFor();
    const csv = await download(page, 'csv');
    expect([...csv.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    const [, ...rows] = csvRows(csv.subarray(3).toString('utf8'));
    expect(rows.map(([name]) => name).sort()).toEqual([...pupils].sort());
    const ofState = (state: string) => rows.filter((row) => row[2] === state).length;
    expect([ofState('present'), ofState('doubtful')]).toEqual([present + 1, doubtful]);
    const ticked = rows.find(([name]) => name === wrong[0])!;
    expect([ticked[3], ticked[6], ticked[7]]).toEqual(['late', 'by hand', 'doctor, "came" later']);
    expect(rows.find(([name]) => name === wrong[1])!.slice(2)).toEqual(['absent', '', '', '', '', '']);
    expect(errors).toEqual([]);
  });
});

interface Sitter {
  readonly name: string;
  /** Of their photos. */
  readonly numbers: readonly string[];
}

function peopleOfLfw(): Sitter[] {
  const lines = readFileSync(sharedPath('lfw-dev', 'people.txt'), 'utf8').trim().split('\n');
  return lines.map((line) => {
    const [name, numbers] = line.split('\t');
    return { name, numbers: numbers.split(' ') };
  });
}

/** The middle of a photo. @param which from 0 */
function photoOf({ name, numbers }: Sitter, which: number): Promise<Buffer> {
  const file = sharedPath('lfw-dev', 'images', name, `${name}_${numbers[which].padStart(4, '0')}.jpg`);
  const middle = { left: 60, top: 60, width: SIDE, height: SIDE };
  return sharp(file).extract(middle).jpeg({ quality: 95 }).toBuffer();
}

/** Three photos in a row. */
async function roomOf(photos: readonly Buffer[]): Promise<Buffer> {
  const height = SIDE * Math.ceil(photos.length / 3);
  const room = sharp({ create: { width: 3 * SIDE, height, channels: 3, background: '#456' } });
  const tiles = photos.map((input, i) => ({ input, left: SIDE * (i % 3), top: SIDE * Math.floor(i / 3) }));
  return room.composite(tiles).jpeg({ quality: 95 }).toBuffer();
}
