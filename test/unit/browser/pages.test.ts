import { describe, expect, it } from 'vitest';
import { landingPage } from '../../../public/js/pages.js';

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
