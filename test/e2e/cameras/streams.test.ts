import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { capture } from '../../../src/cameras/capture.js';
import type { PictureOptions } from '../../../src/cameras/ffmpeg-arguments.js';
import { parseSource } from '../../../src/cameras/source.js';
import type { RgbImage } from '../../../src/faces/image/image.js';
import { hasRtspServer, needsRtspServer, RtspCamera } from '../../helpers/rtsp-camera.js';
import { hasFfmpeg, needsFfmpeg } from '../../helpers/video.js';

const run = promisify(execFile);
const OPTIONS = { fps: 10, maxSidePx: 1280, rotate: 0, transport: 'auto', pace: 'camera', loop: false } as const;
/** Two halves of different brightness: a picture that has a top. */
const PICTURE = 'color=black:s=64x48,drawbox=x=0:y=0:w=64:h=24:c=white:t=fill';

let folder: string;
let jpeg: Buffer;
const servers: Server[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rostro-streams-'));
  if (!hasFfmpeg) return;
  await make('still.jpg', ['-f', 'lavfi', '-i', PICTURE, '-frames:v', '1']);
  jpeg = await readFile(join(folder, 'still.jpg'));
});
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});
afterAll(() => rm(folder, { recursive: true }));

async function make(name: string, options: readonly string[]): Promise<Buffer> {
  await run('ffmpeg', ['-v', 'error', '-y', ...options, join(folder, name)]);
  return readFile(join(folder, name));
}

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** @returns `127.0.0.1:PORT` */
async function serve(handler: RequestListener): Promise<string> {
  return `127.0.0.1:${await listen(createServer(handler))}`;
}

/** The pictures of a source until there are `count` or the time is over, and how it ended. */
async function picturesOf(
  source: string,
  { count = 100, ms = 8000, ...options }: Partial<PictureOptions> & { count?: number; ms?: number } = {},
) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), ms);
  const pictures: RgbImage[] = [];
  const onFrame = (image: RgbImage) => {
    if (pictures.push(image) >= count) stop.abort();
  };
  const parts = {
    ffmpeg: 'ffmpeg',
    source: parseSource(source),
    options: { ...OPTIONS, ...options },
    silenceMs: 4000,
    onFrame,
  };
  const { reason } = await capture(parts, stop.signal);
  clearTimeout(timer);
  return { pictures, reason };
}

function sendJpeg(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': jpeg.length }).end(jpeg);
}

/** Sends a file in equal parts, ten a second, as a camera does; ffmpeg drops pictures that come while it begins. */
async function servePaced(bytes: Buffer, parts: number): Promise<string> {
  const size = Math.ceil(bytes.length / parts);
  const port = await listen(
    createTcpServer((socket) => {
      let sent = 0;
      const timer = setInterval(() => {
        socket.write(bytes.subarray(sent, (sent += size)));
        if (sent >= bytes.length) socket.end();
      }, 100);
      socket.on('error', () => undefined).on('close', () => clearInterval(timer));
    }),
  );
  return `tcp://127.0.0.1:${port}`;
}

/** With the size of the tag before the first. ffmpeg smooths the times of MPEG-TS, but not those of FLV and RTP. */
const FLV_HEADER_BYTES = 13;

/**
 * Four seconds of black pictures and two of white ones, each with times from a given second. ffmpeg drops black ones while
 * it begins. @returns how many white pictures of 20 came
 */
async function whitePictures(starts: readonly [number, number]): Promise<number> {
  const parts = await Promise.all(
    starts.map((start, i) => {
      const [colour, seconds] = i === 0 ? ['black', '4'] : ['white', '2'];
      const input = ['-f', 'lavfi', '-i', `color=${colour}:s=64x48:r=10`, '-t', seconds];
      const codec = ['-c:v', 'libx264', '-bf', '0', '-g', '5', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p'];
      return make(`${starts.join('-')}-${i}.flv`, [...input, ...codec, '-output_ts_offset', String(start)]);
    }),
  );
  const whole = Buffer.concat([parts[0], parts[1].subarray(FLV_HEADER_BYTES)]);
  const { pictures } = await picturesOf(await servePaced(whole, 60), { ms: 30_000 });
  return pictures.filter(({ data }) => data[0] > 200).length;
}

describe.skipIf(!hasFfmpeg)(`a camera's clock${needsFfmpeg}`, () => {
  it('may jump, and one picture at most is lost', async () => {
    const jumps = [
      [5, 8],
      [20, 14],
      [3600, 0],
      [0, 3600],
    ] as const;
    for (const count of await Promise.all(jumps.map(whitePictures))) expect(count).toBeGreaterThanOrEqual(19);
  }, 60_000);
});

/** `auth-param`s of RFC 7616 in a header. */
function digestParams(header: string): Record<string, string> {
  return Object.fromEntries([...header.matchAll(/(\w+)="?([^",]*)"?/g)].map(([, key, value]) => [key, value]));
}

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

/** Whether the answer to a challenge of MD5 and `qop=auth` is right. Source: RFC 7616, section 3.4.1. */
function isRightDigest({ method, headers }: IncomingMessage, user: string, password: string): boolean {
  const { realm, nonce, uri, nc, cnonce, qop, response } = digestParams(headers.authorization ?? '');
  const [ha1, ha2] = [md5(`${user}:${realm}:${password}`), md5(`${method}:${uri}`)];
  return response === md5([ha1, nonce, nc, cnonce, qop, ha2].join(':'));
}

describe.skipIf(!hasFfmpeg)(`a camera with a JPEG at an address${needsFfmpeg}`, () => {
  it('is asked for a picture as often as the rate says, through redirects', async () => {
    const times: number[] = [];
    const host = await serve((request, response) => {
      if (request.url === '/old') return response.writeHead(302, { location: '/now.cgi?size=%d' }).end();
      times.push(performance.now());
      sendJpeg(response);
    });
    const { pictures } = await picturesOf(`http://${host}/old`, { fps: 5, count: 12 });
    expect(pictures).toHaveLength(12);
    expect(times.length).toBeLessThanOrEqual(15);
    const [first, last] = [times[3], times.at(-1)!];
    const perSecond = (1000 * (times.length - 4)) / (last - first);
    expect(perSecond).toBeGreaterThan(3);
    expect(perSecond).toBeLessThan(7);
  });

  const password = 'a/b#c?d@e: %41%';

  it('may want Basic authentication, with any password', async () => {
    const wanted = `Basic ${Buffer.from(`admin:${password.replace('%41', 'A')}`).toString('base64')}`;
    const host = await serve(({ headers }, response) => {
      if (headers.authorization === wanted) sendJpeg(response);
      else response.writeHead(401, { 'www-authenticate': 'Basic realm="camera"' }).end();
    });
    expect((await picturesOf(`http://admin:${password}@${host}/x`, { count: 3 })).pictures).toHaveLength(3);
    expect((await picturesOf(`http://admin:wrong@${host}/x`)).reason?.code).toBe('wrong_password');
  });

  it('may want Digest authentication, with any password', async () => {
    const challenge = `Digest realm="camera", nonce="${randomUUID()}", qop="auth", algorithm=MD5`;
    const host = await serve((request, response) => {
      if (isRightDigest(request, 'admin', password.replace('%41', 'A'))) sendJpeg(response);
      else response.writeHead(401, { 'www-authenticate': challenge }).end();
    });
    expect((await picturesOf(`http://admin:${password}@${host}/x`, { count: 3 })).pictures).toHaveLength(3);
  });

  it('ends when the answer is no picture any more, and the next attempt says why', async () => {
    let requests = 0;
    const host = await serve((_request, response) => {
      if (++requests < 5) sendJpeg(response);
      else response.writeHead(404).end();
    });
    const { pictures, reason } = await picturesOf(`http://${host}/`);
    expect([pictures.length > 1, reason?.code]).toEqual([true, 'ended']);
    expect((await picturesOf(`http://${host}/`)).reason?.code).toBe('not_there');
  });
});

describe.skipIf(!hasFfmpeg)(`MJPEG over HTTP${needsFfmpeg}`, () => {
  it('has no times, and each picture of a slow camera counts', async () => {
    const host = await serve((request, response) => {
      response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=frame' });
      const timer = setInterval(() => {
        response.write(`--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`);
        response.write(jpeg);
        response.write('\r\n');
      }, 200);
      request.on('close', () => clearInterval(timer));
    });
    const started = performance.now();
    const { pictures } = await picturesOf(`http://${host}/video`, { count: 15 });
    expect(pictures).toHaveLength(15);
    // At 25 pictures a second, which ffmpeg assumes, two of three would be left out.
    expect(performance.now() - started).toBeLessThan(6000);
  });
});

describe.skipIf(!hasFfmpeg)(`a camera that hangs on its side${needsFfmpeg}`, () => {
  it.each([
    [0, [64, 48], 'top'],
    [90, [48, 64], 'right'],
    [180, [64, 48], 'bottom'],
    [270, [48, 64], 'left'],
  ] as const)('is turned by %d degrees clockwise', async (rotate, size, bright) => {
    const [{ width, height, data }] = (await picturesOf(join(folder, 'still.jpg'), { rotate })).pictures;
    expect([width, height]).toEqual(size);
    const at = (x: number, y: number) => data[3 * (Math.round(y * (height - 1)) * width + Math.round(x * (width - 1)))];
    const sides = { top: at(0.5, 0), right: at(1, 0.5), bottom: at(0.5, 1), left: at(0, 0.5) };
    const opposite = { top: 'bottom', right: 'left', bottom: 'top', left: 'right' } as const;
    expect(sides[bright]).toBeGreaterThan(200);
    expect(sides[opposite[bright]]).toBeLessThan(50);
  });
});

describe.skipIf(!hasFfmpeg || !hasRtspServer)(`an RTSP camera${needsFfmpeg || needsRtspServer}`, () => {
  it.each(['p#ss', 'a/b?c@d', '/#?@:1/2@ü y%'])('lets in the password %s', async (password) => {
    const video = join(folder, 'door.mp4');
    await make('door.mp4', [
      '-f',
      'lavfi',
      '-i',
      'testsrc=s=64x48:r=10',
      '-t',
      '20',
      '-c:v',
      'libx264',
      '-g',
      '5',
      '-bf',
      '0',
    ]);
    const camera = await RtspCamera.create(password);
    try {
      await camera.plugIn(video);
      const { pictures, reason } = await picturesOf(camera.url, { count: 2 });
      expect([pictures.length, reason]).toEqual([2, null]);
    } finally {
      await camera.pullOut();
    }
  });
});
