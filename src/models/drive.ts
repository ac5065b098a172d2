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
