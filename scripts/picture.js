/* global fetch, FormData */
import { Blob, Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import sharp from 'sharp';

/**
 * Makes the picture of the live page in README: starts a server, enrols a drawn face, shows it to the page through the
 * fake camera of Chromium, and takes a screenshot. `node scripts/picture.js`; CHROMIUM names another browser.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const TARGET = join(root, 'docs', 'images', 'live.png');
const FRAME = { width: 640, height: 480 };

/**
 * @typedef {object} Look
 * @property {string} skin
 * @property {string} shade
 * @property {string} hair
 * @property {string} iris
 * @property {string} shirt
 * @property {boolean} [beard] and short hair
 */
/** @type {Look} */
const ADA = { skin: '#f0c7a8', shade: '#c48f6e', hair: '#3a241a', iris: '#5b4630', shirt: '#2d5f8b' };
/** @type {Look} */
const STRANGER = { skin: '#b57a50', shade: '#7f4e30', hair: '#17110f', iris: '#2c1a10', shirt: '#7c3f3a', beard: true };

/** A drawn head of 400×480. @param {Look} look */
function head({ skin, shade, hair, iris, shirt, beard = false }) {
  const eyes = beard ? [162, 238] : [152, 248];
  const noseWidth = beard ? 1.55 : 1;
  const mouthWidth = beard ? 0.8 : 1;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 480" width="400" height="480">
    <radialGradient id="skin" cx="0.45" cy="0.42" r="0.62">
      <stop offset="0.62" stop-color="${skin}"/><stop offset="1" stop-color="${shade}"/>
    </radialGradient>
    <filter id="soft" x="-50%" y="-50%" width="200%" height="200%"><feGaussianBlur stdDeviation="7"/></filter>
    <filter id="fine" x="-50%" y="-50%" width="200%" height="200%"><feGaussianBlur stdDeviation="1.6"/></filter>
    <path d="M30 480Q40 410 140 392H260Q360 410 370 480Z" fill="${shirt}"/>
    <path d="${beard ? 'M88 210Q70 58 200 52 330 58 312 210L300 250H100Z' : 'M86 210Q60 60 200 52 340 60 314 210 330 340 318 410H82Q70 340 86 210Z'}" fill="${hair}"/>
    <path d="M155 340V400Q200 430 245 400V340Z" fill="${shade}"/>
    <ellipse cx="97" cy="238" rx="14" ry="30" fill="${shade}"/><ellipse cx="303" cy="238" rx="14" ry="30" fill="${shade}"/>
    <path d="M102 205Q102 90 200 88 298 90 298 205 300 290 262 340 230 378 200 378 170 378 138 340 100 290 102 205Z" fill="url(#skin)"/>
    <path d="${beard ? 'M98 200Q92 74 200 72 308 74 302 200 292 140 262 124 200 108 138 124 108 140 98 200Z' : 'M96 230Q92 80 200 80 308 80 304 230 292 150 240 118 170 150 112 160 100 190 96 230Z'}" fill="${hair}"/>
    <g filter="url(#soft)" fill="${shade}">
      ${eyes.map((x) => `<ellipse cx="${x}" cy="214" rx="34" ry="20" opacity="0.75"/>`).join('')}
      <path d="M186 210L182 272H218L214 210Z" opacity="0.45"/>
      <ellipse cx="140" cy="285" rx="24" ry="16" fill="#d9705e" opacity="0.25"/>
      <ellipse cx="260" cy="285" rx="24" ry="16" fill="#d9705e" opacity="0.25"/>
      <ellipse cx="200" cy="352" rx="40" ry="10" opacity="0.6"/>
      ${beard ? `<path d="M106 260Q112 330 146 352 200 398 254 352 288 330 294 260 280 300 250 300 200 282 150 300 120 300 106 260Z" fill="${hair}" opacity="0.9"/>` : ''}
    </g>
    ${eyes.map((x) => eye(x, { iris, shade, brow: hair, isHeavy: beard })).join('')}
    <g filter="url(#fine)" transform="translate(200 270) scale(${noseWidth} 1) translate(-200 -270)">
      <path d="M184 268Q200 250 216 268 222 280 208 281 200 286 192 281 178 280 184 268Z" fill="${shade}" opacity="0.85"/>
      <ellipse cx="190" cy="278" rx="5" ry="3" fill="#3a1d16" opacity="0.75"/>
      <ellipse cx="210" cy="278" rx="5" ry="3" fill="#3a1d16" opacity="0.75"/>
    </g>
    <g filter="url(#fine)" transform="translate(200 320) scale(${mouthWidth} 1) translate(-200 -320)">
      <path d="M160 316Q180 304 200 310 220 304 240 316 200 326 160 316Z" fill="#b2544f"/>
      <path d="M160 316Q200 322 240 316 222 342 200 342 178 342 160 316Z" fill="#c46a62"/>
      <path d="M158 316Q200 324 242 316" fill="none" stroke="#5a2622" stroke-width="3"/>
    </g>
    <ellipse filter="url(#fine)" cx="200" cy="240" rx="7" ry="22" fill="#fff" opacity="0.22"/>
  </svg>`;
}

/** @param {number} x @param {{ iris: string, shade: string, brow: string, isHeavy: boolean }} colours */
function eye(x, { iris, shade, brow, isHeavy }) {
  const [outer, inner] = x < 200 ? [192, 184] : [184, 192];
  return `<g filter="url(#fine)">
      <path d="M${x - 26} 219Q${x} 198 ${x + 26} 219 ${x} 234 ${x - 26} 219Z" fill="#f7f3ee"/>
      <circle cx="${x}" cy="217" r="11.5" fill="${iris}"/><circle cx="${x}" cy="217" r="6" fill="#0c0808"/>
      <path d="M${x - 28} 219Q${x} 195 ${x + 28} 218" fill="none" stroke="#2a1a14" stroke-width="4.5"/>
      <path d="M${x - 26} 220Q${x} 236 ${x + 26} 220" fill="none" stroke="${shade}" stroke-width="2"/>
      <path d="M${x - 34} ${outer}Q${x} ${isHeavy ? 160 : 168} ${x + 34} ${inner} ${x} ${isHeavy ? 184 : 180} ${x - 34} ${outer}Z" fill="${brow}"/>
    </g>
    <circle cx="${x - 4}" cy="213" r="2.6" fill="#fff"/>`;
}

/** @param {Look} look @param {number} height */
const drawn = (look, height) =>
  sharp(Buffer.from(head(look)))
    .resize({ height })
    .png()
    .toBuffer();

/** A wall with both people before it. */
async function cameraFrame() {
  const wall = `<svg xmlns="http://www.w3.org/2000/svg" width="${FRAME.width}" height="${FRAME.height}">
    <rect width="100%" height="100%" fill="#9aa8ae"/><rect y="430" width="100%" height="50" fill="#7e8b91"/>
    <rect x="236" y="24" width="96" height="124" rx="3" fill="#c9d6dc" stroke="#6d7a80" stroke-width="8"/></svg>`;
  return sharp(Buffer.from(wall))
    .composite([
      { input: await drawn(ADA, 400), left: -6, top: 80 },
      { input: await drawn(STRANGER, 440), left: 250, top: 40 },
    ])
    .jpeg({ quality: 92 })
    .toBuffer();
}

/** @param {string} data */
async function startServer(data) {
  const env = {
    ...process.env,
    DETECTOR: 'ssd',
    EMBEDDER: 'face-api',
    LOG_LEVEL: 'warn',
    PORT: '0',
    ROSTRO_DATA: data,
  };
  const server = spawn(process.execPath, [join(root, 'bin', 'rostro.js')], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: server.stdout })) {
    const url = /listens on (http:\S+)/.exec(line)?.[1];
    if (url !== undefined) return { server, url };
  }
  throw new Error('the server ended before it listened');
}

/** @param {string} url */
async function enrolAda(url) {
  const photo = await sharp(await drawn(ADA, 480))
    .flatten({ background: '#d8dde0' })
    .jpeg({ quality: 90 })
    .toBuffer();
  const form = new FormData();
  form.set('name', 'Ada Lovelace');
  form.set('file', new Blob([new Uint8Array(photo)]), 'ada.jpg');
  const reply = await fetch(`${url}/upload`, { method: 'POST', body: form });
  if (!reply.ok) throw new Error(await reply.text());
}

/** @param {string} url @param {string} video */
async function photograph(url, video) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
      ...['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream'],
      `--use-file-for-fake-video-capture=${video}`,
    ],
  });
  try {
    const page = await browser.newPage({
      viewport: { width: 1120, height: 830 },
      locale: 'en-GB',
      colorScheme: 'light',
    });
    await page.goto(`${url}/live.html`);
    await page.locator('#start').click();
    await page.locator('.face-item').nth(1).waitFor();
    await page.locator('.seen-person').first().waitFor();
    await page.waitForTimeout(2500);
    return await page.screenshot({ clip: { x: 0, y: 0, width: 1120, height: 664 } });
  } finally {
    await browser.close();
  }
}

const work = mkdtempSync(join(tmpdir(), 'rostro-picture-'));
const video = join(work, 'camera.mjpeg');
writeFileSync(video, Buffer.concat(Array(30).fill(await cameraFrame())));
const { server, url } = await startServer(join(work, 'data'));
try {
  await enrolAda(url);
  const screenshot = await photograph(url, video);
  await sharp(screenshot).png({ palette: true, quality: 90, effort: 10 }).toFile(TARGET);
} finally {
  server.kill('SIGTERM');
  await once(server, 'exit');
  rmSync(work, { recursive: true, force: true });
}
