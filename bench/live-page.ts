import { readFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { hasChromium, launchBrowser } from '../test/helpers/browser/browser.js';
import { sharedPath } from '../test/helpers/shared.js';
import { cpuTimes } from './support/cpu-time.js';
import { withDataDir } from './support/data-dir.js';
import { quantile } from './support/harness.js';
import { type ShownFrame, watchFrames } from './support/watch-frames.js';
import { withServer } from './support/server-process.js';
import { videoCamera } from './support/video-camera.js';

/**
 * Performance of the live page end to end, in Chromium on the server's machine: a camera of 1280×720 at 60 frames a second
 * pans and zooms over a photo of four enrolled people.
 *
 * - `framesASecond`: different frames of the camera that were answered with faces.
 * - `latencyP50Ms`, `latencyP95Ms`: from the presentation of a frame in the video element until its names are drawn.
 * - `cpuMs`: CPU time of all processes per answered frame, with that of the camera, the picture on the screen and the server.
 *
 * Each figure is the median of the rounds. A wrong name in any frame ends the bench with an error. MTCNN and MobileFaceNet
 * with default settings; those of the environment apply.
 *
 *   npx tsx bench/live-page.ts
 */
const { ROUNDS = '5', MEASURE_MS = '6000' } = process.env;
const WARM_UP_MS = 3000;
const FRAMES_PER_SECOND = 60;
const PHOTO = sharedPath('images', 'groups', 'bbt5.jpg');
/** Four of the five people of the photo, from left to right; other photos of them are enrolled. */
const PEOPLE = ['penny', 'sheldon', 'leonard', 'howard'];
const CAMERA = {
  region: { left: 216, top: 0, width: 724, height: 407 },
  width: 1280,
  height: 720,
  framesPerSecond: FRAMES_PER_SECOND,
  frames: 3 * FRAMES_PER_SECOND,
};
const networks = { DETECTOR: 'mtcnn', EMBEDDER: 'mobilefacenet' };

interface Round {
  readonly framesASecond: number;
  readonly latencyP50Ms: number;
  readonly latencyP95Ms: number;
  readonly named: number;
  readonly presented: number;
  readonly cpu: Readonly<Record<string, number>>;
}

async function enrol(url: string): Promise<void> {
  for (const name of PEOPLE) {
    for (const number of [1, 2, 3]) {
      const body = new FormData();
      const photo = await readFile(sharedPath('images', 'people', name, `${name}${number}.png`));
      body.append('name', name);
      body.append('file', new Blob([photo]), 'photo.png');
      const reply = await fetch(`${url}/upload`, { method: 'POST', body });
      if (reply.status !== 201) throw new Error(`could not enrol ${name}: ${await reply.text()}`);
    }
  }
}

async function measure(browser: Browser, url: string): Promise<Round> {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  // esbuild calls `__name` in functions that tsx compiles.
  await page.addInitScript(`var __name = (named) => named; (${watchFrames.toString()})();`);
  await page.goto(`${url}/live.html`);
  await page.locator('#start').click();
  await page
    .locator('.face-item')
    .nth(PEOPLE.length - 1)
    .waitFor();
  await setTimeout(WARM_UP_MS);
  const round = await measureRunning(page);
  await context.close();
  return round;
}

async function measureRunning(page: Page): Promise<Round> {
  const before = await cpuTimes();
  const start = await page.evaluate(() => performance.now());
  await setTimeout(Number(MEASURE_MS));
  const after = await cpuTimes();
  const { frames, presented, end } = await page.evaluate((from) => {
    const { shown, presented } = (window as unknown as Watched).watched;
    return {
      frames: shown.filter(({ drawnAt }) => drawnAt >= from),
      presented: presented.filter((at) => at >= from).length,
      end: performance.now(),
    };
  }, start);
  const seconds = (end - start) / 1000;
  const distinct = [...new Map(frames.map((frame) => [frame.presentedAt, frame])).values()];
  checkNames(distinct);
  const latencies = distinct.map(({ presentedAt, drawnAt }) => drawnAt - presentedAt);
  return {
    framesASecond: distinct.length / seconds,
    latencyP50Ms: quantile(latencies, 0.5),
    latencyP95Ms: quantile(latencies, 0.95),
    named:
      distinct.flatMap(({ names }) => names.filter((name) => name !== null)).length / (PEOPLE.length * distinct.length),
    presented: presented / seconds,
    cpu: Object.fromEntries(
      Object.entries(after).map(([kind, ms]) => [kind, (ms - (before[kind] ?? 0)) / distinct.length]),
    ),
  };
}

interface Watched {
  readonly watched: { readonly shown: ShownFrame[]; readonly presented: number[] };
}

/** The people stand beside each other in every frame. */
function checkNames(frames: readonly ShownFrame[]): void {
  for (const { names } of frames) {
    const isRight = names.length === PEOPLE.length && names.every((name, i) => name === null || name === PEOPLE[i]);
    if (!isRight) throw new Error(`a frame has wrong faces or names: ${names.join(', ')}`);
  }
}

if (!hasChromium) throw new Error('needs Chromium on the PATH or in CHROMIUM');
const camera = await videoCamera(PHOTO, CAMERA);
const rounds: Round[] = [];
try {
  await withDataDir((dataDir) =>
    withServer({ ...networks, ROSTRO_DATA: dataDir, HISTORY_DAYS: '0' }, async ({ port }) => {
      const url = `http://localhost:${port}`;
      await enrol(url);
      const browser = await launchBrowser(camera.args);
      try {
        for (let round = 0; round < Number(ROUNDS); round++) {
          rounds.push(await measure(browser, url));
          const { cpu, ...figures } = rounds[round];
          console.log(rounded({ ...figures, load: loadavg()[0] }), rounded(cpu));
        }
      } finally {
        await browser.close();
      }
    }),
  );
} finally {
  await camera.remove();
}
const median = (of: (round: Round) => number) => quantile(rounds.map(of), 0.5);
const framesASecond = median((round) => round.framesASecond);
console.log(
  JSON.stringify({
    bench: 'live-page',
    ...rounded({
      ratio: framesASecond,
      framesASecond,
      latencyP50Ms: median(({ latencyP50Ms }) => latencyP50Ms),
      latencyP95Ms: median(({ latencyP95Ms }) => latencyP95Ms),
      cpuMs: median(({ cpu }) => Object.values(cpu).reduce((sum, ms) => sum + ms, 0)),
      named: median(({ named }) => named),
      presented: median(({ presented }) => presented),
      load: loadavg()[0],
    }),
  }),
);

function rounded(figures: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(figures).map(([key, value]) => [key, Number(value.toPrecision(3))]));
}
