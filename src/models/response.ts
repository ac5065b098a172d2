import { RostroError } from '../shared/errors.js';
import type { Resumable } from './part-file.js';

/** A failure that may pass: worth another try. */
export class TransientError extends Error {}

/** A web page in place of a file is read up to here, bytes: Drive's pages have a few kB. */
const PAGE_MAX_BYTES = 1024 * 1024;

/**
 * Asks for a file, from where an earlier try ended if there was one, through redirects and through Google Drive's
 * page for large files.
 * @returns an answer with the status 200, 206 or 416.
 * @throws RostroError `download_failed` when the server says no for good.
 * @throws TransientError when it says no for now.
 */
export async function requestFile(url: string, resume: Resumable | null, signal: AbortSignal): Promise<Response> {
  const first = await request(url, resume, signal);
  if (!isPage(first)) return first;
  const page = await readPage(first);
  const confirmed = confirmedDownloadUrl(page, first.url);
  if (confirmed === null) throw pageError(url, page);
  const second = await request(confirmed, resume, signal);
  if (isPage(second)) throw pageError(url, await readPage(second));
  return second;
}

async function request(url: string, resume: Resumable | null, signal: AbortSignal): Promise<Response> {
  // A compressed body could not be continued at a byte of the file.
  const headers = new Headers({ 'accept-encoding': 'identity' });
  if (resume) {
    headers.set('range', `bytes=${resume.offset}-`);
    headers.set('if-range', resume.validator);
  }
  const response = await fetch(url, { headers, signal });
  if (response.ok || (response.status === 416 && resume)) return response;
  await response.body?.cancel();
  const { status } = response;
  const message = `${url} answered ${status}${response.statusText ? ` ${response.statusText}` : ''}`;
  if (status === 408 || status === 429 || status >= 500) throw new TransientError(message);
  throw new RostroError('download_failed', `${message}.`, { details: { url, status } });
}

function isPage(response: Response): boolean {
  return /^text\/html\b/i.test(response.headers.get('content-type') ?? '');
}

async function readPage(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    length += (chunk as Uint8Array).length;
    if (length >= PAGE_MAX_BYTES) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

function pageError(url: string, page: string): RostroError {
  const title = pageTitle(page);
  const quoted = title === null ? '' : ` (“${title}”)`;
  return new RostroError('download_failed', `${url} answered with a web page${quoted} instead of the file.`, {
    details: { url },
  });
}

/** Longest title that is quoted in a message, characters. */
const TITLE_LENGTH = 80;

/**
 * Google Drive answers a large file with a page that asks for consent, because it could not scan the file for
 * viruses: a form `download-form` whose hidden fields (`id`, `export`, `confirm`, `uuid`) make the real address.
 * @param page the HTML.
 * @param pageUrl where it came from; a relative action is resolved against it.
 * @returns the address of the file, or null when the page has no such form.
 */
export function confirmedDownloadUrl(page: string, pageUrl: string): string | null {
  const tags = page.match(/<[a-z/][^<>]*>/gi) ?? [];
  const start = tags.findIndex((tag) => /^<form\b/i.test(tag) && attribute(tag, 'id') === 'download-form');
  const action = start < 0 ? null : attribute(tags[start], 'action');
  if (action === null || !URL.canParse(action, pageUrl)) return null;
  const url = new URL(action, pageUrl);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return null;
  for (const tag of tags.slice(start + 1)) {
    if (/^<\/form\b/i.test(tag)) break;
    const name = /^<input\b/i.test(tag) ? attribute(tag, 'name') : null;
    if (name !== null) url.searchParams.set(name, attribute(tag, 'value') ?? '');
  }
  return url.href;
}

/** The title of a page, fit for one line of a terminal; null when it has none. */
export function pageTitle(page: string): string | null {
  const start = page.search(/<title>/i);
  const end = start < 0 ? -1 : page.indexOf('<', start + '<title>'.length);
  if (end < 0) return null;
  const title = unescapeHtml(page.slice(start + '<title>'.length, end)).replace(/[\p{C}\s]+/gu, ' ');
  return title.trim().slice(0, TITLE_LENGTH) || null;
}

function attribute(tag: string, name: string): string | null {
  const value = new RegExp(`\\s${name}\\s*=\\s*("[^"]*"|'[^']*')`, 'i').exec(tag)?.[1];
  return value === undefined ? null : unescapeHtml(value.slice(1, -1));
}

function unescapeHtml(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}
