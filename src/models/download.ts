import { open, stat } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { RostroError } from '../shared/errors.js';
import { removePart, writeResumeInfo, readResumeInfo, type ResumeInfo } from './part-file.js';
import { requestFile, TransientError } from './file-request.js';

export interface DownloadOptions {
  /** Larger files are rejected. */
  readonly maxBytes: number;
  /** Consecutive attempts without new bytes before giving up. */
  readonly tries?: number;
  /** Delay before the second attempt; doubles with each further one. */
  readonly backoffMs?: number;
  /** A connection without data for this long is aborted. */
  readonly stallMs?: number;
  /** Called for each chunk; `totalBytes` is null when unknown. */
  readonly onProgress?: (receivedBytes: number, totalBytes: number | null) => void;
}

interface Download extends DownloadOptions {
  readonly url: string;
  readonly part: string;
  readonly stallMs: number;
}

const TRIES = 5;
const BACKOFF_MS = 1000;
const STALL_MS = 30_000;

/**
 * Downloads `url` to the file `part`. Interrupted downloads resume (`Range` and `If-Range`), in this call or a later
 * one; they restart when the server does not support that.
 * @throws RostroError `download_failed` with the URL; received bytes stay in `part` for the next call
 */
export async function download(url: string, part: string, options: DownloadOptions): Promise<void> {
  const { tries = TRIES, backoffMs = BACKOFF_MS, stallMs = STALL_MS } = options;
  const job: Download = { ...options, stallMs, url, part };
  let furthest = await sizeOf(part);
  for (let failures = 0; ;) {
    const failure = await attempt(job);
    if (failure === null) return;
    const reached = await sizeOf(part);
    failures = reached > furthest ? 1 : failures + 1;
    furthest = Math.max(furthest, reached);
    if (failures >= tries) {
      throw new RostroError('download_failed', `${failure.message}.`, { cause: failure, details: { url } });
    }
    await wait(backoffMs * 2 ** (failures - 1));
  }
}

/** @returns null on success, or the error that justifies another attempt */
async function attempt(job: Download): Promise<TransientError | null> {
  const watch = new StallTimer(job.stallMs);
  try {
    const resume = await readResumeInfo(job.part, job.url);
    const response = await requestFile(job.url, resume, watch.signal);
    await receive(job, response, resume, watch);
    return null;
  } catch (error) {
    if (error instanceof TransientError) return error;
    if (!watch.signal.aborted && !isNetworkError(error)) throw error;
    const reason = watch.signal.aborted
      ? `sent nothing for ${job.stallMs / 1000} s`
      : `broke off (${rootCause(error)})`;
    return new TransientError(`The connection to ${job.url} ${reason}`, { cause: error });
  } finally {
    watch.stop();
  }
}

async function receive(job: Download, response: Response, resume: ResumeInfo | null, watch: StallTimer): Promise<void> {
  const extent = bodyRangeOf(response, resume);
  if (extent === null) {
    await response.body?.cancel();
    await removePart(job.part);
    throw new TransientError(`${job.url} could not continue the download`);
  }
  if (extent.total !== null && extent.total > job.maxBytes) {
    await response.body?.cancel();
    throw tooLarge(job);
  }
  if (response.status === 416) return;
  if (extent.start === 0) await writeResumeInfo(job.part, job.url, validatorOf(response));
  const received = await writeBody(job, response, extent, watch);
  if (extent.total !== null && received !== extent.total) {
    throw new TransientError(`${job.url} sent ${received} of ${extent.total} bytes`);
  }
}

interface BodyRange {
  /** Offset of the body in the file. */
  readonly start: number;
  /** Length of the whole file; null when unknown. */
  readonly total: number | null;
}

/** The part of the file in a response; null when it does not continue the bytes on disk. */
function bodyRangeOf(response: Response, resume: ResumeInfo | null): BodyRange | null {
  if (response.status === 200) {
    const length = isEncoded(response) ? null : response.headers.get('content-length');
    return { start: 0, total: length === null ? null : Number(length) };
  }
  const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+)$/.exec(response.headers.get('content-range') ?? '');
  if (!range || !resume) return null;
  const total = Number(range[2]);
  const start = response.status === 416 ? total : Number(range[1]);
  return start === resume.offset ? { start, total } : null;
}

async function writeBody(job: Download, response: Response, extent: BodyRange, watch: StallTimer): Promise<number> {
  let received = extent.start;
  const file = await open(job.part, received === 0 ? 'w' : 'r+');
  try {
    for await (const chunk of response.body ?? []) {
      watch.reset();
      const bytes = chunk as Uint8Array;
      if (received + bytes.length > job.maxBytes) throw tooLarge(job);
      await file.write(bytes, 0, bytes.length, received);
      received += bytes.length;
      job.onProgress?.(received, extent.total);
    }
  } finally {
    await file.close();
  }
  return received;
}

function validatorOf(response: Response): string | null {
  const etag = response.headers.get('etag');
  if (isEncoded(response)) return null;
  return etag !== null && !etag.startsWith('W/') ? etag : response.headers.get('last-modified');
}

/** Whether the response is compressed although identity was requested: its lengths are then not those of the file. */
function isEncoded(response: Response): boolean {
  return (response.headers.get('content-encoding') ?? 'identity') !== 'identity';
}

function tooLarge(job: Download): RostroError {
  const message = `${job.url} sent more than the ${job.maxBytes} bytes that the file can have.`;
  return new RostroError('download_failed', message, { details: { url: job.url } });
}

function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    (entry) => entry.size,
    () => 0,
  );
}

/** fetch() and its body fail with a TypeError whose cause is the actual error. */
function isNetworkError(error: unknown): boolean {
  return error instanceof TypeError && error.cause instanceof Error;
}

/** The innermost cause: fetch() itself says only "fetch failed". */
function rootCause(error: unknown): string {
  let inner = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  return inner instanceof Error ? inner.message : String(inner);
}

/** Aborts its signal when `reset` was not called for `stallMs`. */
class StallTimer {
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;
  readonly signal = this.controller.signal;

  constructor(stallMs: number) {
    this.timer = setTimeout(() => this.controller.abort(), stallMs);
  }

  reset(): void {
    this.timer.refresh();
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}
