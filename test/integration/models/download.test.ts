import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { download, type DownloadOptions } from '../../../src/models/download.js';
import { sampleBytes, temporaryFolder } from '../../helpers/model-files.js';
import {
  broken,
  file,
  page,
  redirect,
  stalledAfter,
  status,
  WebServer,
  type Handler,
} from '../../helpers/web-server.js';

const bytes = sampleBytes(300_000);
const options: DownloadOptions = { maxBytes: 1_000_000, tries: 3, backoffMs: 1, stallMs: 20_000 };

let web: WebServer;
beforeAll(async () => {
  web = await WebServer.start();
});
afterAll(() => web.stop());
beforeEach(() => void web.asked.splice(0));

function newPart(): string {
  return join(temporaryFolder(), 'file.part');
}

/** Downloads from a server that answers with `handlers`, and returns what is on the disk then. */
async function fetched(part: string, ...handlers: Handler[]): Promise<Buffer> {
  await download(web.on('/file', ...handlers), part, { ...options, onProgress: web.received });
  return readFileSync(part);
}

describe('download', () => {
  it('fetches a file and reports the bytes that have arrived', async () => {
    const part = newPart();
    const progress: [number, number | null][] = [];
    const onProgress = (received: number, total: number | null) => void progress.push([received, total]);
    await download(web.on('/file', file(bytes)), part, { ...options, onProgress });
    expect(readFileSync(part).equals(bytes)).toBe(true);
    expect(progress.at(-1)).toEqual([300_000, 300_000]);
    expect(progress.map(([received]) => received)).toEqual(
      progress.map(([received]) => received).sort((a, b) => a - b),
    );
  });

  it('follows redirects', async () => {
    web.on('/moved', redirect('/elsewhere'));
    web.on('/elsewhere', redirect('/file'));
    web.on('/file', file(bytes));
    const part = newPart();
    await download(`${web.origin}/moved`, part, options);
    expect(readFileSync(part).equals(bytes)).toBe(true);
  });

  it('asks for an uncompressed body, and unpacks one that is compressed all the same', async () => {
    let accepted: unknown;
    const compressed = await fetched(newPart(), (request, response) => {
      accepted = request.headers['accept-encoding'];
      response.writeHead(200, { 'content-encoding': 'gzip', etag: '"gz"' }).end(gzipSync(bytes));
    });
    expect(accepted).toBe('identity');
    expect(compressed.equals(bytes)).toBe(true);
  });

  it('takes a file of unknown length', async () => {
    const chunked = await fetched(newPart(), (_request, response) => void response.writeHead(200).end(bytes));
    expect(chunked.equals(bytes)).toBe(true);
  });
});

describe('download over a bad connection', () => {
  it('continues where the connection broke off', async () => {
    const cut = web.brokenAfter(100_000, bytes);
    expect((await fetched(newPart(), cut, cut, file(bytes))).equals(bytes)).toBe(true);
    expect(web.asked).toEqual(['GET /file', 'GET /file from 100000', 'GET /file from 200000']);
  });

  it('goes on as long as each try brings something new', async () => {
    const cut = web.brokenAfter(40_000, bytes);
    expect((await fetched(newPart(), cut)).equals(bytes)).toBe(true);
    expect(web.asked).toHaveLength(8);
  });

  it('continues in a later call', async () => {
    const part = newPart();
    await expect(fetched(part, web.brokenAfter(100_000, bytes), broken(bytes))).rejects.toMatchObject({
      code: 'download_failed',
    });
    web.asked.splice(0);
    expect((await fetched(part, file(bytes))).equals(bytes)).toBe(true);
    expect(web.asked).toEqual(['GET /file from 100000']);
  });

  it('asks for nothing more when the part is already whole', async () => {
    const part = newPart();
    await fetched(part, file(bytes));
    expect((await fetched(part, file(bytes))).equals(bytes)).toBe(true);
    expect(web.asked).toEqual(['GET /file', 'GET /file from 300000']);
  });

  it('starts over from a part that nobody noted anything about', async () => {
    const part = newPart();
    writeFileSync(part, 'left by something else');
    expect((await fetched(part, file(bytes))).equals(bytes)).toBe(true);
    expect(web.asked).toEqual(['GET /file']);
  });

  it.each(['', '{}', '[', '{"url":1,"validator":"x"}', '{"url":"http://x/","validator":""}'])(
    'starts over when the note beside the part is damaged: %j',
    async (note) => {
      const part = newPart();
      writeFileSync(part, 'left by something else');
      writeFileSync(`${part}.json`, note);
      expect((await fetched(part, file(bytes))).equals(bytes)).toBe(true);
      expect(web.asked).toEqual(['GET /file']);
    },
  );

  it('starts over when the file has changed in the meantime', async () => {
    const newer = sampleBytes(250_000).reverse();
    const cut = web.brokenAfter(100_000, bytes, '"one"');
    expect((await fetched(newPart(), cut, file(newer, '"two"'))).equals(newer)).toBe(true);
    expect(web.asked).toEqual(['GET /file', 'GET /file from 100000']);
  });

  it('starts over when the server ignores the range', async () => {
    const whole: Handler = (_request, response) => void response.writeHead(200).end(bytes);
    expect((await fetched(newPart(), web.brokenAfter(100_000, bytes), whole)).equals(bytes)).toBe(true);
  });

  it('starts over when the server sends another range than it was asked for', async () => {
    const wrong: Handler = (_request, response) => {
      response.writeHead(206, { 'content-range': 'bytes 5-299999/300000' }).end(bytes.subarray(5));
    };
    expect((await fetched(newPart(), web.brokenAfter(100_000, bytes), wrong, file(bytes))).equals(bytes)).toBe(true);
    expect(web.asked).toEqual(['GET /file', 'GET /file from 100000', 'GET /file']);
  });

  it('starts over when nothing tells that the rest would belong to the same file', async () => {
    const weak = web.brokenAfter(100_000, bytes, 'W/"one"');
    expect((await fetched(newPart(), weak, file(bytes))).equals(bytes)).toBe(true);
    expect(web.asked).toEqual(['GET /file', 'GET /file']);
  });

  it('starts over from a part that belongs to another address', async () => {
    const part = newPart();
    await expect(fetched(part, web.brokenAfter(100_000, bytes), broken(bytes))).rejects.toThrow();
    web.asked.splice(0);
    await download(web.on('/other', file(bytes)), part, options);
    expect(web.asked).toEqual(['GET /other']);
    expect(readFileSync(part).equals(bytes)).toBe(true);
  });

  it('tries again after a stall and after answers that may pass', async () => {
    const part = newPart();
    const url = web.on('/file', stalledAfter(100_000, bytes), status(503), status(429), file(bytes));
    await download(url, part, { ...options, tries: 4, stallMs: 1000 });
    expect(readFileSync(part).equals(bytes)).toBe(true);
    expect(web.asked).toEqual(['GET /file', ...Array<string>(3).fill('GET /file from 100000')]);
  });
});

describe('download that cannot work', () => {
  const failure = (url: string, more: Partial<DownloadOptions> = {}) =>
    download(url, newPart(), { ...options, ...more }).then(
      () => null,
      (error: unknown) => error,
    );

  it('names the address and the status, without a second try', async () => {
    const url = web.on('/missing', status(404));
    expect(await failure(url)).toMatchObject({
      code: 'download_failed',
      message: `${url} answered 404 Not Found.`,
      details: { url, status: 404 },
    });
    expect(web.asked).toEqual(['GET /missing']);
  });

  it('gives up when the server keeps failing', async () => {
    const url = web.on('/busy', status(503));
    const message = `${url} answered 503 Service Unavailable.`;
    expect(await failure(url)).toMatchObject({ code: 'download_failed', message });
    expect(web.asked).toHaveLength(3);
  });

  it('gives up when the server keeps silent', async () => {
    const url = web.on('/silent', () => undefined);
    const message = `The connection to ${url} sent nothing for 0.2 s.`;
    expect(await failure(url, { stallMs: 200 })).toMatchObject({ code: 'download_failed', message });
    expect(web.asked).toHaveLength(3);
  });

  it('gives up when nobody listens', async () => {
    const gone = await WebServer.start();
    const url = `${gone.origin}/file`;
    await gone.stop();
    const error = await failure(url);
    expect(error).toMatchObject({ code: 'download_failed' });
    expect((error as Error).message).toMatch(
      new RegExp(`^The connection to ${url} broke off \\(connect ECONNREFUSED 127\\.0\\.0\\.1:\\d+\\)\\.$`),
    );
  });

  it('gives up in a ring of redirects', async () => {
    const url = web.on('/ring', redirect('/ring'));
    const message = `The connection to ${url} broke off (redirect count exceeded).`;
    expect(await failure(url, { tries: 1 })).toMatchObject({ code: 'download_failed', message });
  });

  it.each([
    ['says', { 'content-length': '300000' }],
    ['sends', {}],
  ])('refuses more than the file can have, when the server %s so', async (_what, headers) => {
    const url = web.on('/long', (_request, response) => void response.writeHead(200, headers).end(bytes));
    const message = `${url} sent more than the 200000 bytes that the file can have.`;
    expect(await failure(url, { maxBytes: 200_000 })).toMatchObject({ code: 'download_failed', message });
    expect(web.asked).toHaveLength(1);
  });

  it('does not take a web page for the file', async () => {
    const url = web.on('/page', page('<html><title>Google Drive - Quota exceeded</title></html>'));
    const message = `${url} answered with a web page (“Google Drive - Quota exceeded”) instead of the file.`;
    expect(await failure(url)).toMatchObject({ code: 'download_failed', message });
    expect(web.asked).toHaveLength(1);
  });

  it('says when the disk refuses', async () => {
    const url = web.on('/file', file(bytes));
    const part = join(temporaryFolder(), 'no', 'such', 'folder', 'file.part');
    await expect(download(url, part, options)).rejects.toMatchObject({ code: 'ENOENT', syscall: 'open' });
  });
});

describe('download from a page that asks for consent', () => {
  const consent = (origin: string) =>
    page(`<title>Virus scan warning</title><form id="download-form" action="${origin}/confirmed" method="get">
      <input type="hidden" name="id" value="7"><input type="hidden" name="confirm" value="t"></form>`);

  it('confirms, and resumes through the page', async () => {
    const url = web.on('/uc', consent(web.origin));
    web.on('/confirmed?id=7&confirm=t', web.brokenAfter(100_000, bytes), file(bytes));
    const part = newPart();
    await download(url, part, { ...options, onProgress: web.received });
    expect(readFileSync(part).equals(bytes)).toBe(true);
    expect(web.asked).toEqual([
      'GET /uc',
      'GET /confirmed?id=7&confirm=t',
      'GET /uc from 100000',
      'GET /confirmed?id=7&confirm=t from 100000',
    ]);
  });

  it('confirms once only', async () => {
    const url = web.on('/uc', consent(web.origin));
    web.on('/confirmed?id=7&confirm=t', consent(web.origin));
    const part = newPart();
    await expect(download(url, part, options)).rejects.toMatchObject({
      code: 'download_failed',
      message: `${url} answered with a web page (“Virus scan warning”) instead of the file.`,
    });
    expect(existsSync(part)).toBe(false);
  });
});
