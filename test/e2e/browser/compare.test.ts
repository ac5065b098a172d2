import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newEvent } from '../../helpers/new-event.js';
import { hasChromium, needsChromium } from '../../helpers/browser/browser.js';
import { dropFiles, jpeg, text } from '../../helpers/browser/files.js';
import { pixelOf } from '../../helpers/browser/pixels.js';
import { startSession, type Session } from '../../helpers/browser/session.js';

describe.skipIf(!hasChromium)(`the page Compare${needsChromium}`, () => {
  let session: Session;
  beforeAll(async () => {
    session = await startSession();
  });
  afterAll(() => session.close());

  it('tells that two photos show the same person, with the distance on a scale', async () => {
    const { page, errors } = await session.open('/compare.html');
    const { portrait, samePerson } = session.photos;
    await dropFiles(page, '.slot >> nth=0', [jpeg('one.jpg', portrait), jpeg('two.jpg', samePerson)]);
    await page.getByRole('heading', { name: 'Same person' }).waitFor();
    expect(await page.getByText('One face was found.').count()).toBe(2);
    const sentence = await page.locator('.verdict-text').innerText();
    const [, distance] = /^The distance is (0\.\d\d), within the threshold of 0\.61\.$/.exec(sentence) ?? [];
    expect(Number(distance)).toBeLessThan(0.6);
    const scale = page.getByRole('img', { name: `Scale: distance ${distance}, threshold 0.61` });
    const mark = await scale.locator('.scale-distance').boundingBox();
    const threshold = await scale.locator('.scale-threshold').boundingBox();
    expect(mark!.x).toBeLessThan(threshold!.x);
    expect(errors).toEqual([]);
  });

  it('tells that they show different people, and that the largest of several faces was compared', async () => {
    const { page } = await session.open('/compare.html');
    const inputs = page.locator('.slot input');
    await inputs.nth(0).setInputFiles([jpeg('group.jpg', session.photos.group)]);
    await page.getByText('2 faces were found. The largest is compared.').waitFor();
    await inputs.nth(1).setInputFiles([jpeg('other.jpg', session.photos.otherPerson)]);
    await page.getByRole('heading', { name: 'Different people' }).waitFor();
    expect(await page.locator('.verdict-text').innerText()).toMatch(/beyond the threshold of 0\.61\.$/);
  });

  it('guesses about the compared faces only while the switch is on, and says what a guess is worth', async () => {
    const { page, errors } = await session.open('/compare.html');
    const asked: string[] = [];
    page.on('request', (request) => {
      if (/\/detect/.test(request.url())) asked.push(new URL(request.url()).search);
    });
    const { portrait, samePerson } = session.photos;
    await dropFiles(page, '.slot >> nth=0', [jpeg('one.jpg', portrait)]);
    await page.getByText('One face was found.').waitFor();
    expect([asked, await page.locator('.guesses').count()]).toEqual([[''], 0]);
    await page.getByText('Decide nothing about a person from them.').waitFor();
    const guess = page.getByRole('switch', { name: 'Guess age, gender, expression and pose' });
    expect(await guess.isChecked()).toBe(false);
    await guess.check();
    await page.locator('.guesses').waitFor();
    const first = await page.locator('.guesses').innerText();
    expect(first.replace(/\s+/g, ' ')).toMatch(
      /^Age about \d+ Gender (fe)?male \(\d+%\) Expression \w+ \(\d+%\) Head in the photo \S/,
    );
    await dropFiles(page, '.slot >> nth=1', [jpeg('two.jpg', samePerson)]);
    await page.locator('.guesses').nth(1).waitFor();
    await guess.uncheck();
    expect(await page.locator('.guesses').count()).toBe(0);
    expect(errors).toEqual([]);
    await page.reload();
    await page.locator('#guessing').waitFor();
    expect(await guess.isChecked()).toBe(false);
  });

  it('offers no guesses where the server refuses them', async () => {
    const forbidden = await startSession([], { ATTRIBUTES: 'off' });
    const { page } = await forbidden.open('/compare.html');
    await page.locator('#footer .status').waitFor();
    await page.waitForLoadState('networkidle');
    expect(await page.locator('#guessing').isVisible()).toBe(false);
    await forbidden.close();
  });

  it('draws the face that is compared where it is, in a photo that a phone took sideways too', async () => {
    const { page } = await session.open('/compare.html');
    // EXIF orientation 6: to be turned by 90° clockwise for viewing.
    const sideways = await sharp(session.photos.portrait)
      .rotate(-90)
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    await dropFiles(page, '.slot >> nth=1', [jpeg('one.jpg', sideways)]);
    await page.getByText('One face was found.').waitFor();
    const reply = await fetch(`${session.server.url}/detect`, {
      method: 'POST',
      body: new Uint8Array(sideways),
      headers: { 'Content-Type': 'image/jpeg' },
    });
    const { faces } = (await reply.json()) as { faces: { box: Record<'x' | 'y' | 'width' | 'height', number> }[] };
    const { x, y, width, height } = faces[0].box;
    // The photo is smaller than the canvas may be, so a pixel of the one is a pixel of the other.
    const colour = await pixelOf(
      page.locator('.slot canvas').nth(1),
      Math.round(x + width),
      Math.round(y + height / 2),
    );
    expect(colour).toEqual([0x2d, 0xd4, 0xbf, 255]);
  });

  it('says under each photo what is wrong with it, and gives no answer', async () => {
    const { page } = await session.open('/compare.html');
    const slots = page.locator('.slot');
    await slots
      .nth(0)
      .locator('input')
      .setInputFiles([text('notes.txt')]);
    await slots.nth(0).getByText('This file is not a picture.').waitFor();
    await slots
      .nth(1)
      .locator('input')
      .setInputFiles([jpeg('lake.jpg', session.photos.landscape)]);
    await slots.nth(1).getByText('No face was found.').waitFor();
    expect(await page.locator('#verdict').innerText()).toBe('');
  });

  it('has the client for scripts of its own: the same file as in the package', async () => {
    const { page, errors } = await session.open('/compare.html');
    const { portrait, group } = session.photos;
    const { id } = session.server.core.events.publish(newEvent('Ada'));
    const answer = await page.evaluate(`(${USE_CLIENT})(${JSON.stringify([portrait, group].map(base64))})`);
    expect(answer).toEqual({
      enrolled: 'Ada',
      told: true,
      refused: 'several_faces 2',
      aborted: 'enough',
      streamed: 'unreachable',
      names: ['Ada'],
      named: 'Ada',
      followed: 'Ada 1',
      event: id,
    });
    expect(errors).toEqual([]);
  });
});

const base64 = (photo: Buffer) => photo.toString('base64');

/** As text, because the tests' own import would take its place. */
const USE_CLIENT = `async (photos) => {
  const { Rostro } = await import('/client/index.js');
  const [portrait, group] = photos.map((text) => new Blob([Uint8Array.from(atob(text), (one) => one.charCodeAt(0))]));
  const rostro = new Rostro();
  const progress = [];
  const onProgress = (one) => progress.push(one);
  const { name: enrolled } = await rostro.enrol(portrait, { name: 'Ada', onProgress });
  const refused = await rostro.enrol(group, { name: 'Bea', onProgress }).catch((error) => error);
  const stop = new AbortController();
  const stopping = { name: 'Bea', signal: stop.signal, onProgress: () => stop.abort('enough') };
  const aborted = await rostro.enrol(group, stopping).catch((reason) => reason);
  const names = [];
  for await (const { name } of rostro.people.all()) names.push(name);
  const { faces } = await rostro.recognize(portrait);
  const live = rostro.live();
  const [{ name, track }] = (await live.recognize(portrait)).faces;
  live.close();
  const { value } = await rostro.events({ replay: 1 }).next();
  return {
    enrolled,
    told: progress[0].sent <= progress[0].total && progress.some(({ sent, total }) => sent === total),
    refused: refused.code + ' ' + refused.details.faces.length,
    aborted,
    streamed: await rostro.recognize(portrait.stream()).catch(({ code }) => code),
    names,
    named: faces[0].name,
    followed: name + ' ' + track,
    event: value.id,
  };
}`;
