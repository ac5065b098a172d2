import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKey } from '../../helpers/access.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { hasChromium, launchBrowser, needsChromium } from '../../helpers/browser/browser.js';
import { openPage, type OpenPage } from '../../helpers/browser/session.js';

describe.skipIf(!hasChromium)(`the reference page${needsChromium}`, () => {
  let server: TestServer;
  let browser: Browser;
  let opened: OpenPage;
  let page: Page;
  /** Of other servers, and complaints of the browser. */
  const elsewhere: string[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api' }), launchBrowser()]);
    opened = await openPage(browser, 'about:blank');
    ({ page } = opened);
    page.on('request', (request) => {
      if (new URL(request.url()).origin !== new URL(server.url).origin) elsewhere.push(request.url());
    });
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await page.goto(`${server.url}/docs`);
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  const heading = (name: string) => page.getByRole('heading', { name }).first();

  it('shows the operations of this server', async () => {
    await heading('Enrol photos').waitFor();
    for (const area of ['Photos', 'People', 'Import and export', 'Cameras and events', 'Service']) {
      await page.getByRole('navigation').getByText(area, { exact: true }).waitFor();
    }
    expect(await page.getByText('LiveSettings').first().isVisible()).toBe(true);
  });

  it('sends a request with a key, from the page', async () => {
    const { key } = await createKey(server.dataDir, 'enrol');
    await page.getByRole('textbox', { name: 'Value' }).first().fill(key);
    await page.goto(`${server.url}/docs/#tag/people/GET/groups`);
    await heading('All groups with people in them').waitFor();
    await page
      .getByRole('button', { name: /Test Request.*groups/i })
      .first()
      .click();
    const answered = page.waitForResponse((response) => response.url() === `${server.url}/groups`);
    await page.getByRole('button', { name: /^Send/ }).first().click();
    const response = await answered;
    expect(await response.request().headerValue('x-api-key')).toBe(key);
    expect(response.status()).toBe(200);
  });

  it('asks no other server for anything, and breaks no rule of the page', () => {
    expect(elsewhere).toEqual([]);
    expect(complaints).toEqual([]);
    expect(opened.errors).toEqual([]);
  });

  it('is the only page whose styles may be inline, and no page runs inline scripts', async () => {
    const policyOf = async (path: string) =>
      (await fetch(server.url + path)).headers.get('content-security-policy') ?? '';
    const [reference, people] = await Promise.all(['/docs/', '/'].map(policyOf));
    expect(reference).toContain("style-src 'self' 'unsafe-inline'");
    expect(reference).toContain("script-src 'self';");
    expect(people).not.toContain('unsafe');
    expect(await policyOf('/docsx')).not.toContain('unsafe');
  });
});
