import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { HELP_PAGES, helpUrl } from '../../../public/js/help-pages.js';
import { landingPage } from '../../../public/js/pages.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const pages = readdirSync(join(root, 'public')).filter((name) => name.endsWith('.html') && name !== 'offline.html');

describe.each(['https://door.example/', 'https://example.org/rostro/'])('after a login at %s', (server) => {
  const { pathname: home } = new URL(server);
  const landing = (back: string, scope: 'recognise' | 'enrol' | 'admin') => landingPage(back, server, scope);

  it.each([
    ['admin', 'server.html?x=1#keys', 'server.html?x=1#keys'],
    ['admin', '', ''],
    ['enrol', '', ''],
    ['enrol', 'cameras.html', 'cameras.html'],
    ['enrol', 'server.html', 'live.html'],
    ['recognise', '', 'live.html'],
    ['recognise', 'index.html', 'live.html'],
    ['recognise', 'seen.html?person=Ada', 'live.html'],
    ['recognise', 'compare.html', 'compare.html'],
    ['recognise', 'help/', 'help/'],
  ] as const)('a key for "%s" gets from %s to %s', (scope, back, to) => {
    expect(landing(home + back, scope)).toBe(home + to);
  });

  it('nobody gets to another site', () => {
    for (const back of ['//evil.example/', 'https://evil.example/', '/\\evil.example/', 'javascript:alert(1)', '']) {
      expect([back, landing(back, 'admin')]).toEqual([back, home]);
      expect([back, landing(back, 'recognise')]).toEqual([back, `${home}live.html`]);
    }
  });
});

describe('the help of the pages', () => {
  const mounted = pages.map((page) => {
    const script = /<script type="module" src="([^"]+)"/.exec(read(`public/${page}`))![1];
    return /mountShell\(\{ page: '(\w+)'/.exec(read(`public/${script}`))![1];
  });

  it.each(mounted)('has a target for %s', (page) => {
    expect(helpUrl(page)).toBe(`help/${HELP_PAGES[page]}.html`);
  });

  it.each(Object.entries(HELP_PAGES))('opens for %s a page that there is: %s', (_page, name) => {
    expect(existsSync(join(root, 'docs', `${name}.md`))).toBe(true);
  });

  it('is the list of all pages for another page', () => {
    expect(helpUrl('constructor')).toBe('help/');
  });
});

describe('the page People', () => {
  /** A module and what it imports statically, relative to `public/`. */
  function graphOf(path: string, seen = new Set<string>()): Set<string> {
    if (seen.has(path)) return seen;
    seen.add(path);
    if (!path.startsWith('js/')) return seen;
    for (const [, target] of read(`public/${path}`).matchAll(/^import (?:[^'(]* from )?'(\.[^']+)'/gm)) {
      graphOf(posix.join(posix.dirname(path), target), seen);
    }
    return seen;
  }

  it('preloads the modules that it needs for the list, so that they are not found one after another', () => {
    const preloaded = [...read('public/index.html').matchAll(/<link rel="modulepreload" href="([^"]+)"/g)];
    const needed = [...graphOf('js/people/main.js')].filter((path) => path !== 'js/people/main.js');
    expect(preloaded.map(([, href]) => href).sort()).toEqual(needed.sort());
  });
});

describe('the installed app', () => {
  it('names its cache after the version', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect(read('public/sw.js')).toContain(`const VERSION = '${version}';`);
  });

  it('keeps only files that there are, and of the pages only the one without data', () => {
    const [, list] = /const FILES = \[([^\]]+)\]/.exec(read('public/sw.js'))!;
    const files = list.replace('OFFLINE', "'offline.html'").match(/(?<=')[^',\s]+(?=')/g)!;
    expect(files.filter((path) => !existsSync(join(root, 'public', path)))).toEqual([]);
    expect(files.filter((path) => path.endsWith('.html'))).toEqual(['offline.html']);
    const needed = read('public/offline.html').matchAll(/(?:href|src)="(?!\.\/")([^"]+)"/g);
    for (const [, path] of needed) expect(files).toContain(path);
  });

  it('has a manifest with relative addresses and icons that there are', () => {
    const manifest = JSON.parse(read('public/manifest.webmanifest')) as {
      icons: { src: string; purpose?: string }[];
      share_target: { action: string };
      [key: string]: unknown;
    };
    const addresses = [manifest.start_url, manifest.scope, manifest.id, manifest.share_target.action];
    expect(addresses.every((address) => String(address).startsWith('./'))).toBe(true);
    expect(manifest.icons.filter(({ src }) => !existsSync(join(root, 'public', src)))).toEqual([]);
    expect(manifest.icons.some(({ purpose }) => purpose === 'maskable')).toBe(true);
  });
});

describe('the colours', () => {
  const css = read('public/css/rostro.css');
  const themes = { light: /:root,[^}]+\}/.exec(css)![0], dark: /\[data-bs-theme='dark'\] \{[^}]+\}/.exec(css)![0] };

  it.each(Object.entries(themes))(
    'of controls and the focus ring are 3:1 against every background in %s',
    (_name, rules) => {
      const colour = (name: string) => new RegExp(`${name}: (#[0-9a-f]{6});`).exec(rules)![1];
      for (const edge of ['--rostro-control-border', '--rostro-accent']) {
        for (const background of ['--rostro-surface', '--bs-body-bg', '--rostro-tint']) {
          const ratio = contrast(colour(edge), colour(background));
          expect([edge, background, ratio >= 3]).toEqual([edge, background, true]);
        }
      }
    },
  );
});

/** Source: WCAG 2.2, contrast ratio and relative luminance. */
function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((one, other) => one - other);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
