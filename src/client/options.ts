import type { Progress } from './body.js';
import type { RostroApiError } from './error.js';

/** Options of every call. */
export interface CallOptions {
  /** Aborts the call and its retries; the call is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Time limit of the call with its retries, milliseconds; `Infinity` for none. For a stream: until it begins. With
   * `onProgress` it begins again whenever bytes are sent.
   */
  readonly timeoutMs?: number | undefined;
  /** Replaces `RostroOptions.retries`. */
  readonly retries?: Retries | undefined;
}

/** Pixels of a square thumbnail. */
export type ThumbnailSize = 72 | 144 | 288;

export interface CropOptions extends CallOptions {
  /** A WebP thumbnail of this size instead of the crop. */
  readonly size?: ThumbnailSize | undefined;
}

/** Options of calls that send files. */
export interface UploadOptions extends CallOptions {
  /** Called while bytes are sent. In browsers the request then uses XMLHttpRequest, because fetch reports no progress. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/**
 * The maximum number of retries, or a function of the error and the number of retries so far that decides on another one.
 * Applies only to requests that are safe to repeat.
 */
export type Retries = number | ((error: RostroApiError, made: number) => boolean);

export interface RostroOptions {
  /** Such as `http://localhost:5000`. It may have a path. Default in a browser: the origin of the page. */
  readonly url?: string | URL | undefined;
  /** API key, printed by `rostro keys create`. Not needed in a logged-in browser. */
  readonly key?: string | undefined;
  /** Default: the global one. */
  readonly fetch?: typeof fetch | undefined;
  /** @default 60000 */
  readonly timeoutMs?: number | undefined;
  /** @default 3 */
  readonly retries?: Retries | undefined;
  /** Further headers; called for each attempt of a request. */
  readonly headers?: ((method: string) => Record<string, string> | Promise<Record<string, string>>) | undefined;
  /** Called with each error before the call is rejected. */
  readonly onError?: ((error: RostroApiError) => void) | undefined;
}

type Value = string | number | boolean | undefined;

/** A path with its query. Omits undefined values. */
export function withQuery(path: string, values: Readonly<Record<string, Value>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) query.append(name, String(value));
  }
  const text = query.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** A path of encoded segments. */
export function pathOf(...segments: readonly string[]): string {
  return segments.map((segment) => `/${encodeURIComponent(segment)}`).join('');
}
