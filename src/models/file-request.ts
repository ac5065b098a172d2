import { RostroError } from '../shared/errors.js';
import type { ResumeInfo } from './part-file.js';

/** A temporary failure: worth a retry. */
export class TransientError extends Error {}

/** Read limit for a web page received instead of a file, bytes; Drive's pages have a few kB. */
const PAGE_MAX_BYTES = 1024 * 1024;

/**
 * Requests a file, resuming an earlier attempt if possible; follows redirects and Google Drive's confirmation page for
 * large files.
 * @returns a response with status 200, 206 or 416
 * @throws RostroError `download_failed` on a permanent failure
 * @throws TransientError on a temporary failure
 */
export async function requestFile(url: string, resume: ResumeInfo | null, signal: AbortSignal): Promise<Response> {
  const first = await request(url, resume, signal);
  if (!isHtml(first)) return first;
  const page = await readHtml(first);
  const confirmed = confirmedDownloadUrl(page, first.url);
  if (confirmed === null) throw htmlError(url, page);
  const second = await request(confirmed, resume, signal);
  if (isHtml(second)) throw htmlError(url, await readHtml(second));
  return second;
}

async function request(url: string, resume: ResumeInfo | null, signal: AbortSignal): Promise<Response> {
  // A compressed body cannot be resumed at a byte of the file.
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

function isHtml(response: Response): boolean {
  return /^text\/html\b/i.test(response.headers.get('content-type') ?? '');
}

async function readHtml(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    length += (chunk as Uint8Array).length;
    if (length >= PAGE_MAX_BYTES) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

function htmlError(url: string, page: string): RostroError {
  const title = pageTitle(page);
  const quoted = title === null ? '' : ` (“${title}”)`;
  return new RostroError('download_failed', `${url} answered with a web page${quoted} instead of the file.`, {
    details: { url },
  });
}

/** Maximum length of a page title in a message, characters. */
const TITLE_LENGTH = 80;

/**
 * Google Drive responds to requests for large files with a page that asks for confirmation, because it could not scan
 * the file for viruses: a form `download-form` whose hidden fields (`id`, `export`, `confirm`, `uuid`) make the
 * download URL.
 * @param page the HTML
 * @param pageUrl its URL; a relative action is resolved against it
 * @returns the URL of the file; null when the page has no such form
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

/** The title of a page on one line; null when it has none. */
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
