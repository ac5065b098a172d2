import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HELP_PAGES, helpUrl } from '../../../public/js/help-pages.js';
import { createKey } from '../../helpers/access.js';
import { startServer, type TestServer } from '../../helpers/server.js';

describe('the help', () => {
  let server: TestServer;
  let index: string;
  beforeAll(async () => {
    server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api' });
    // Public, like the other pages: also on a server that needs a key.
    await createKey(server.dataDir, 'admin');
    index = await pageAt('/help/');
  });
  afterAll(() => server.close());

  async function pageAt(path: string): Promise<string> {
    const reply = await fetch(`${server.url}${path}`);
    expect([path, reply.status, reply.headers.get('content-type')]).toEqual([path, 200, 'text/html; charset=utf-8']);
    return reply.text();
  }

  const targets = (html: string, attribute: string) =>
    [...html.matchAll(new RegExp(` ${attribute}="([^"#]+)`, 'g'))].map(([, to]) => to);

  it('lists its pages, each of which is there with everything that it loads and links to', async () => {
    const [, navigation] = index.split('<nav class="help-pages"');
    const pages = targets(navigation, 'href');
    expect(pages).toEqual(
      expect.arrayContaining(['getting-started.html', 'http-api.html', 'operations.html', 'faq.html']),
    );
    const linked = new Set<string>();
    for (const name of pages) {
      const html = await pageAt(`/help/${name}`);
      for (const to of [...targets(html, 'href'), ...targets(html, 'src')]) {
        if (!/^[a-z]+:/.test(to)) linked.add(new URL(to, `${server.url}/help/`).pathname);
      }
    }
    for (const path of linked) expect([path, (await fetch(`${server.url}${path}`)).status]).toEqual([path, 200]);
  });

  it('has nothing inline, which the Content-Security-Policy would refuse', () => {
    expect(index).not.toMatch(/<style|style=|<script(?![^>]* src=)| on[a-z]+=/);
  });

  it.each(Object.keys(HELP_PAGES))('has what the page %s links to', async (page) => {
    await pageAt(`/${helpUrl(page)}`);
  });

  it('leads to the list of all for a page that it does not have', async () => {
    const reply = await fetch(`${server.url}/help/nothing.html`);
    expect([reply.status, new URL(reply.url).pathname]).toEqual([200, '/help/']);
  });
});
