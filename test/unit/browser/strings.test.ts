import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../../src/shared/errors.js';
import { HTTP_STATUS } from '../../../src/http/error-status.js';

type Table = Record<'en' | 'es', Record<string, string>>;

const folder = new URL('../../../public/js/strings/', import.meta.url);
const tables = await Promise.all(
  readdirSync(folder).map(async (file): Promise<[string, Table]> => {
    const { default: table } = (await import(new URL(file, folder).href)) as { default: Table };
    return [file, table];
  }),
);

const placeholders = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();

describe.each(tables)('the sentences of %s', (_file, { en, es }) => {
  it('are all there in both languages', () => {
    expect(Object.keys(es).sort()).toEqual(Object.keys(en).sort());
    expect(Object.values({ ...en, ...es }).filter((text) => text.trim() === '')).toEqual([]);
  });

  it('have the same blanks in both languages', () => {
    for (const key of Object.keys(en)) expect([key, placeholders(es[key])]).toEqual([key, placeholders(en[key])]);
  });
});

it('has a sentence for every failure that a request can meet', () => {
  const known = Object.assign({}, ...tables.map(([, { en }]) => en)) as Partial<Record<string, string>>;
  const ofRequests = ERROR_CODES.filter((code) => HTTP_STATUS[code] !== 500);
  expect(ofRequests.filter((code) => known[`error.${code}`] === undefined)).toEqual([]);
});

it('has the English of the pages, which is shown until the sentences are loaded', () => {
  const english = Object.assign({}, ...tables.map(([, { en }]) => en)) as Partial<Record<string, string>>;
  const pages = new URL('../../../public/', import.meta.url);
  const different = readdirSync(pages)
    .filter((name) => name.endsWith('.html'))
    .flatMap((name) => {
      const html = readFileSync(new URL(name, pages), 'utf8');
      const texts = html.matchAll(/<(\w+)[^<>]*\sdata-i18n="([^"]+)"[^<>]*>([^<]*)<\/\1>/g);
      return [...texts].map(([, , key, text]) => [name, key, text.replace(/\s+/g, ' ').trim()]);
    })
    .filter(([, key, text]) => english[key]?.replace(/\u00a0/g, ' ') !== text.replaceAll('&amp;', '&'));
  expect(different).toEqual([]);
});
