import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { marked, type Token, type Tokens } from 'marked';
import { describe, expect, it } from 'vitest';
import { slugger } from '../../../scripts/help.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const documentsIn = (folder: string) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => posix.join(folder, name));
const pages = documentsIn('docs');
const documents = [...documentsIn('.'), ...pages, ...documentsIn('examples')];

const textOf = (path: string) => readFileSync(join(root, path), 'utf8');

function tokensOf(path: string, ...types: string[]): Tokens.Generic[] {
  const found: Tokens.Generic[] = [];
  void marked.walkTokens(marked.lexer(textOf(path)), (token) => {
    if (types.includes(token.type)) found.push(token);
  });
  return found;
}

const linksOf = (path: string) => tokensOf(path, 'link', 'image').map(({ href }) => href as string);
const relativeLinksOf = (path: string) => linksOf(path).filter((href) => !/^[a-z]+:|^\//.test(href));

/** The words of a heading, as they are seen. */
const seen = (tokens: Token[]): string =>
  tokens
    .map((token) => ('tokens' in token && token.tokens ? seen(token.tokens) : (token as Tokens.Text).text))
    .join('');

function anchorsOf(path: string): Set<string> {
  const slug = slugger();
  return new Set(tokensOf(path, 'heading').map(({ tokens }) => slug(seen(tokens ?? []))));
}

describe.each(documents)('%s', (path) => {
  it('has links that lead somewhere', () => {
    const broken = relativeLinksOf(path).filter((href) => {
      const [to] = href.split('#');
      const anchor = href.split('#').at(1);
      const target = to === '' ? path : posix.join(dirname(path), to);
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && !anchorsOf(target).has(anchor);
    });
    expect(broken).toEqual([]);
  });
});

describe.each(pages)('%s', (path) => {
  it('has one title and opens with what a reader can do after it', () => {
    const [title, opening] = marked.lexer(textOf(path)).filter(({ type }) => type !== 'space');
    expect(title).toMatchObject({ type: 'heading', depth: 1 });
    expect(opening.raw).toMatch(/^After reading /);
    expect(tokensOf(path, 'heading').filter(({ depth }) => depth === 1)).toHaveLength(1);
  });

  it.skipIf(path === 'docs/README.md')('is in the index', () => {
    expect(linksOf('docs/README.md')).toContain(posix.basename(path));
  });
});

it.each(['docs/architecture.md', 'docs/security.md', 'docs/security-checklist.md', 'CONTRIBUTING.md'])(
  '%s names files that exist',
  (path) => {
    const named = [...textOf(path).matchAll(/`([\w-]+(?:\/[\w.-]+)+\.(?:ts|js))`/g)].map(([, file]) => file);
    const exists = (file: string) => existsSync(join(root, file)) || existsSync(join(root, 'src', file));
    expect(named.filter((file) => !file.includes('NAME') && !exists(file))).toEqual([]);
  },
);

describe('README', () => {
  it.each(['README.md', 'README.es.md'])('%s has at most 200 lines', (path) => {
    expect(textOf(path).split('\n').length).toBeLessThanOrEqual(200);
  });

  it('shows a picture of at most 200 KB', () => {
    const [picture] = tokensOf('README.md', 'image');
    expect(statSync(join(root, picture.href as string)).size).toBeLessThan(200 * 1024);
  });

  it('has the same headings, commands, links and figures in Spanish', () => {
    expect(outlineOf('README.es.md', 'README.md')).toEqual(outlineOf('README.md', 'README.es.md'));
  });
});

/** What both languages share. `other` is the link from each to the other. */
function outlineOf(path: string, other: string) {
  const links = linksOf(path);
  expect(links[0]).toBe(other);
  const isSpanish = path.includes('.es.');
  return {
    headings: tokensOf(path, 'heading').map(({ depth }) => depth as number),
    commands: tokensOf(path, 'code').map(({ lang, text }) => [lang as string, withoutComments(text as string)]),
    links: links.slice(1),
    figures: tokensOf(path, 'table').map(({ raw }) => figuresOf(raw, isSpanish)),
  };
}

const withoutComments = (code: string) => code.replace(/ *(#|\/\/) .*$/gm, '');

/** Every number, with a point for the decimals and nothing for the thousands. */
function figuresOf(text: string, isSpanish: boolean): string[] {
  const plain = isSpanish ? text.replace(/(\d),(\d)/g, '$1.$2') : text.replace(/(\d),(\d{3})/g, '$1$2');
  return plain.match(/\d[\d.]*/g) ?? [];
}
