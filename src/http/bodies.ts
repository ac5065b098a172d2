import type { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Request, RequestHandler, Response } from 'express';
import { RostroError } from '../shared/errors.js';
import { clientGone } from './request-signal.js';
import { holderOf } from './caller.js';

/** In the largest bodies that one request may have. */
const TOTAL_BODIES = 3;
/** Of one key, or one address without a key. */
const SHARE_BODIES = 1.5;
/** For memory that other requests hold; then `busy`. */
const WAIT_MS = 5000;
const RETRY_AFTER_S = 5;

export interface BudgetLimits {
  readonly totalBytes: number;
  /** Of one holder. */
  readonly shareBytes: number;
  readonly waitMs: number;
}

/** @param largestBody bytes */
export function bodyBudget(largestBody: number): BodyBudget {
  return new BodyBudget({
    totalBytes: TOTAL_BODIES * largestBody,
    shareBytes: SHARE_BODIES * largestBody,
    waitMs: WAIT_MS,
  });
}

/** The memory for bodies of all requests that are being received or answered. Received bytes count, not announced ones. */
export class BodyBudget {
  private total = 0;
  private readonly held = new Map<string, number>();
  /** Retried in this order whenever bytes are returned. */
  private readonly waiting = new Set<() => void>();

  constructor(private readonly limits: BudgetLimits) {}

  /** @param holder a key or an address; it may have several leases */
  lease(holder: string): BodyLease {
    return new BodyLease(this, holder, this.limits.waitMs);
  }

  /** @returns false if that is too much; nothing changes then */
  add(holder: string, bytes: number): boolean {
    const { totalBytes, shareBytes } = this.limits;
    const own = (this.held.get(holder) ?? 0) + bytes;
    if (bytes > 0 && (own > shareBytes || this.total + bytes > totalBytes)) return false;
    this.total += bytes;
    if (own > 0) this.held.set(holder, own);
    else this.held.delete(holder);
    if (bytes < 0) for (const retry of [...this.waiting]) retry();
    return true;
  }

  /** Calls `retry` whenever bytes are returned. @returns stops that */
  onReturn(retry: () => void): () => void {
    this.waiting.add(retry);
    return () => this.waiting.delete(retry);
  }

  get heldBytes(): number {
    return this.total;
  }
}

/** The bytes of one request, or of one WebSocket. */
export class BodyLease {
  private bytes = 0;
  private readonly ended = new AbortController();

  constructor(
    private readonly budget: BodyBudget,
    private readonly holder: string,
    private waitMs: number,
  ) {}

  /** Aborted with the error when the bytes were refused or returned. */
  get signal(): AbortSignal {
    return this.ended.signal;
  }

  /**
   * Adds bytes and waits until they are allowed, in all for a limited time. If they are refused, the lease returns all its
   * bytes.
   * @throws RostroError `busy`, `client_gone` if the lease has ended
   */
  async add(bytes: number): Promise<void> {
    this.signal.throwIfAborted();
    if (this.hold(this.bytes + bytes)) return;
    const start = performance.now();
    await new Promise<void>((resolve) => {
      const stop = (): void => {
        clearTimeout(timer);
        stopRetrying();
        this.signal.removeEventListener('abort', stop);
        resolve();
      };
      const stopRetrying = this.budget.onReturn(() => this.hold(this.bytes + bytes) && stop());
      const timer = setTimeout(() => this.end(bodiesBusy()), this.waitMs);
      this.signal.addEventListener('abort', stop);
    });
    this.waitMs = Math.max(0, this.waitMs - (performance.now() - start));
    this.signal.throwIfAborted();
  }

  /** Holds so many bytes from now on. @returns false if that is too much; nothing changes then */
  hold(bytes: number): boolean {
    if (this.signal.aborted || !this.budget.add(this.holder, bytes - this.bytes)) return false;
    this.bytes = bytes;
    return true;
  }

  /** Returns all bytes. */
  end(reason: RostroError = clientGone()): void {
    if (this.signal.aborted) return;
    this.ended.abort(reason);
    this.budget.add(this.holder, -this.bytes);
    this.bytes = 0;
  }
}

export function bodiesBusy(): RostroError {
  return new RostroError('busy', 'The server is receiving as many photos as its memory is for; try again shortly.', {
    details: { retryAfterSeconds: RETRY_AFTER_S },
  });
}

/** Middleware: gives every request a lease, which ends with its reply. */
export function budgeted(budget: BodyBudget): RequestHandler {
  return (_request, response, next) => {
    response.locals.bodies = budget;
    next();
  };
}

/** The lease of a request, of its key or its address. Call it after the guard has identified the sender. */
export function leaseOf(request: Request, response: Response): BodyLease {
  const locals = response.locals as { readonly bodies: BodyBudget; lease?: BodyLease };
  if (locals.lease === undefined) {
    const lease = locals.bodies.lease(holderOf(request, response));
    locals.lease = lease;
    response.once('close', () => lease.end());
    if (response.destroyed) lease.end();
  }
  return locals.lease;
}

/** Of `Content-Encoding`. */
const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

export interface BodyLimit {
  /** Bytes. */
  readonly limit: number;
  /** How many times the caller will have the body in memory. */
  readonly copies: number;
}

/**
 * Reads a body into memory, decompressed, within the budget.
 * @param limitFor called with the first byte of the body
 * @throws RostroError `upload_too_large`, `busy`, `bad_request`, `client_gone`
 */
export async function readBody(
  request: Request,
  response: Response,
  limitFor: (first: number) => BodyLimit,
): Promise<Buffer> {
  const stated = Number(request.get('content-length') ?? 0);
  const lease = leaseOf(request, response);
  const body = decompressed(request);
  const chunks: Buffer[] = [];
  let size = 0;
  let [limit, copies] = [0, 1];
  try {
    // A request that is destroyed could not be answered.
    for await (const chunk of body.iterator({ destroyOnReturn: body !== request }) as AsyncIterable<Buffer>) {
      if (size === 0) ({ limit, copies } = limitFor(chunk[0]));
      size += chunk.length;
      if (Math.max(size, stated) > limit) throw bodyTooLarge();
      await lease.add(chunk.length * copies);
      chunks.push(chunk);
    }
  } catch (error) {
    request.unpipe();
    request.resume();
    if (error instanceof RostroError) throw error;
    if (request.destroyed && !request.complete) throw clientGone();
    throw new RostroError('bad_request', 'The request body is damaged.', { cause: error });
  }
  return Buffer.concat(chunks);
}

function decompressed(request: Request): Readable {
  const encoding = request.get('content-encoding')?.toLowerCase() ?? 'identity';
  if (encoding === 'identity') return request;
  if (!Object.hasOwn(DECODERS, encoding)) {
    throw new RostroError('bad_request', 'The request body has an unknown Content-Encoding.');
  }
  const decoder = DECODERS[encoding]();
  request.once('close', () => request.complete || decoder.destroy(clientGone()));
  return request.pipe(decoder);
}

function bodyTooLarge(): RostroError {
  return new RostroError('upload_too_large', 'The request body is too large.');
}
