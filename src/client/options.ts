import type { Progress } from './body.js';
import type { RostroApiError } from './error.js';

/** Of any call. */
export interface CallOptions {
  /** Ends the call, its pauses included; it is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** The whole call, retries included, milliseconds; `Infinity` for no limit. Of a stream: until it begins. */
  readonly timeoutMs?: number | undefined;
  /** As for all calls: how many times more, or whether once more. */
  readonly retries?: Retries | undefined;
}

/** Of calls that send files. */
export interface UploadOptions extends CallOptions {
  /** Told while bytes leave. Browsers that have it use XMLHttpRequest then, because their fetch does not tell. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/**
 * How many times more a call is tried, or whether it is, by what it failed with and how many times it has been tried again
 * already. Only what is safe to repeat is asked about.
 */
export type Retries = number | ((error: RostroApiError, made: number) => boolean);

export interface RostroOptions {
  /** Of the server's root, such as `http://localhost:5000`; in a browser the page's own server if it is left out. */
  readonly url?: string | URL | undefined;
  /** As `rostro keys create` prints it; a page whose browser is logged in needs none. */
  readonly key?: string | undefined;
  /** In place of the global one. */
  readonly fetch?: typeof fetch | undefined;
  /** @default 60000 */
  readonly timeoutMs?: number | undefined;
  /** @default 3 */
  readonly retries?: Retries | undefined;
  /** More headers of a request, asked for anew each time it is sent. */
  readonly headers?: ((method: string) => Record<string, string> | Promise<Record<string, string>>) | undefined;
  /** Told each failure of a call before the caller is. */
  readonly onError?: ((error: RostroApiError) => void) | undefined;
}

type Value = string | number | boolean | undefined;

/** A path with its query; what is undefined is left out. */
export function withQuery(path: string, values: Readonly<Record<string, Value>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) query.append(name, String(value));
  }
  const text = query.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** The parts of a path, each as one segment whatever is in it. */
export function pathOf(...segments: readonly string[]): string {
  return segments.map((segment) => `/${encodeURIComponent(segment)}`).join('');
}
