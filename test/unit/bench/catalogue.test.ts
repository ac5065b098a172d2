import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { BARS } from '../../../bench/support/bars.js';
import { BENCHES } from '../../../bench/support/catalogue.js';

const folder = (path: string) => fileURLToPath(new URL(`../../../${path}/`, import.meta.url));
const filesIn = (path: string) => readdirSync(folder(path)).filter((name) => /\.(ts|md)$/.test(name));

/** Run by others: the command itself, and the process of a bare replay. */
const NO_BENCHES = ['all', 'replay'];

describe('the catalogue of benches', () => {
  it('has every bench', () => {
    const files = filesIn('bench').map((name) => name.replace(/\.ts$/, ''));
    expect(Object.keys(BENCHES).sort()).toEqual(files.filter((name) => !NO_BENCHES.includes(name)).sort());
  });

  it('has every bench that has a bar', () => {
    expect(Object.keys(BENCHES)).toEqual(expect.arrayContaining(Object.keys(BARS)));
  });

  it.each(filesIn('docs'))('has every bench that %s names', (page) => {
    const text = readFileSync(`${folder('docs')}${page}`, 'utf8');
    const named = [...text.matchAll(/npx tsx bench\/([\w-]+)\.ts/g)].map(([, name]) => name);
    expect(Object.keys(BENCHES)).toEqual(expect.arrayContaining(named));
  });
});
