import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, CDPSession } from 'playwright-core';
import sharp from 'sharp';
import { openNpyGallery } from '../src/gallery/files/open-npy-gallery.js';
import type { EmbedderContract } from '../src/faces/embed/embedder.js';
import { hasChromium, launchBrowser } from '../test/helpers/browser/browser.js';
import { cutPhotos } from '../test/helpers/browser/photos.js';
import { startServer, type TestServer } from '../test/helpers/server.js';
import { quantile } from './support/harness.js';

/**
 * The page People as a slow tablet loads it for the first time: Chromium with a CPU slowed down 6 times and 1.6 Mbit/s.
 * Bytes are those on the wire, with headers, until the network is quiet; the list is there when its cards are. The time of
 * the page's main thread until then does not depend on other programs: six times that of the first row is what a tablet's CPU
 * has to do, while the network brings the next file.
 *
 *   npx tsx bench/people-page.ts [PEOPLE]
 */
const [PEOPLE = '1000'] = process.argv.slice(2);
const ROUNDS = 5;
/** 1.6 Mbit/s down, as of Lighthouse's slow 4G; its latency of 150 ms is measured in a row of its own. */
const LINK = { downloadThroughput: 1.6e6 / 8, uploadThroughput: 0.75e6 / 8, offline: false };
const CONDITIONS = [
  { slowdown: 1, latency: 0 },
  { slowdown: 6, latency: 0 },
  { slowdown: 6, latency: 150 },
];
const QUIET_MS = 1500;

interface Load {
  readonly listedMs: number;
  readonly mainThreadMs: number;
  readonly bytes: number;
  readonly requests: number;
}

async function load(browser: Browser, url: string, { slowdown, latency }: (typeof CONDITIONS)[number]): Promise<Load> {
  const context = await browser.newContext({
    viewport: { width: 800, height: 1280 },
    deviceScaleFactor: 2,
    locale: 'en-GB',
  });
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send('Network.enable');
  await devtools.send('Network.emulateNetworkConditions', { ...LINK, latency });
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const traffic = countTraffic(devtools);
  await page.addInitScript(noteWhenListed);
  await page.goto(url, { waitUntil: 'commit' });
  const listed = await page.waitForFunction(() => (globalThis as { listedMs?: number }).listedMs, null, {
    timeout: 20_000,
  });
  const listedMs = (await listed.jsonValue())!;
  const { metrics } = await devtools.send('Performance.getMetrics');
  const mainThreadMs = 1000 * metrics.find(({ name }) => name === 'TaskDuration')!.value;
  await page.waitForLoadState('networkidle');
  await page.waitForTimeout(QUIET_MS);
  await context.close();
  return { listedMs, mainThreadMs, ...traffic };
}

/** Runs in the page. */
function noteWhenListed(): void {
  const seen = globalThis as { listedMs?: number };
  const observer = new MutationObserver(() => {
    if (document.querySelector('.person') === null) return;
    observer.disconnect();
    requestAnimationFrame(() => (seen.listedMs = performance.now()));
  });
  observer.observe(document, { childList: true, subtree: true });
}

function countTraffic(devtools: CDPSession): { bytes: number; requests: number } {
  const traffic = { bytes: 0, requests: 0 };
  devtools.on('Network.loadingFinished', ({ encodedDataLength }) => {
    traffic.bytes += encodedDataLength;
    traffic.requests++;
  });
  return traffic;
}

/** Straight into the data folder: the page needs pictures of the usual size, not embeddings of faces. */
async function enrol(dataDir: string, contract: EmbedderContract, count: number): Promise<void> {
  const { portrait, samePerson, otherPerson } = await cutPhotos();
  const crops = await Promise.all(
    [portrait, samePerson, otherPerson].map((photo) =>
      sharp(photo).resize(500, 500).jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer(),
    ),
  );
  const { gallery } = await openNpyGallery({ dataDir, contract });
  const boxInCrop = { x: 125, y: 125, width: 250, height: 250 };
  for (let i = 0; i < count; i++) {
    const embedding = Float32Array.from({ length: contract.dimension }, (_, j) => Math.sin(i * 7 + j));
    const name = `${String.fromCharCode(65 + (i % 26))}. Person ${String(i).padStart(5, '0')}`;
    await gallery.add(name, { embedding, crop: crops[i % 3], details: { confidence: 1, boxInCrop } });
  }
  await gallery.close();
}

async function started(dataDir: string): Promise<TestServer> {
  return startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', ROSTRO_DATA: dataDir });
}

if (!hasChromium) throw new Error('needs Chromium on the PATH or in CHROMIUM');
const dataDir = await mkdtemp(join(tmpdir(), 'rostro-bench-'));
const first = await started(dataDir);
const { contract } = first.core.pipeline.info;
await first.close();
await enrol(dataDir, contract, Number(PEOPLE));
const server = await started(dataDir);
const browser = await launchBrowser([]);
try {
  const rows = [];
  for (const condition of CONDITIONS) {
    const loads: Load[] = [];
    // Chromium's emulated network stalls in one of a hundred loads, until the emulation ends.
    const again = () => load(browser, server.url, condition);
    for (let round = 0; round < ROUNDS; round++) loads.push(await again().catch(again));
    const median = (of: (load: Load) => number) => Math.round(quantile(loads.map(of), 0.5));
    rows.push({
      slowdown: condition.slowdown,
      'latency, ms': condition.latency,
      'listed, ms': median(({ listedMs }) => listedMs),
      'fastest, ms': Math.round(Math.min(...loads.map(({ listedMs }) => listedMs))),
      'main thread, ms': median(({ mainThreadMs }) => mainThreadMs),
      KB: Math.round(median(({ bytes }) => bytes) / 1000),
      requests: median(({ requests }) => requests),
    });
  }
  console.table(rows);
  console.log(JSON.stringify({ bench: 'people-page', people: Number(PEOPLE), rows }));
} finally {
  await browser.close();
  await server.close();
  await rm(dataDir, { recursive: true, force: true });
}
