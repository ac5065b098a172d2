import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, needsChromium } from '../../helpers/browser/browser.js';
import { faceNamed, startCamera, startLive, twoPeople, type LiveTestSession } from '../../helpers/browser/live.js';
import { startProxy, type TestProxy } from '../../helpers/browser/proxy.js';
import { watchSockets } from '../../helpers/browser/sockets.js';

describe.skipIf(!hasChromium)(`how the live page reaches the server${needsChromium}`, () => {
  let session: LiveTestSession;
  let proxy: TestProxy;
  beforeAll(async () => {
    session = await startLive([{ picture: await twoPeople(), frames: 30 }]);
    proxy = await startProxy(session.server.url);
  });
  afterEach(() => session.closePages());
  afterAll(async () => {
    await proxy.close();
    await session.close();
  });

  const startBehindProxy = async () => {
    const { page, errors } = await session.open('/');
    await page.goto(`${proxy.url}/live.html`);
    const sockets = watchSockets(page);
    await page.locator('#start').click();
    return { page, errors, sockets };
  };

  it('sends every frame over one WebSocket', async () => {
    const { page, sockets, errors } = await startCamera(session);
    await faceNamed(page, 'Ada Lovelace').waitFor();
    await expect.poll(() => sockets.answered, { timeout: 30_000 }).toBeGreaterThan(5);
    expect(sockets.urls).toEqual([`${session.server.url.replace('http', 'ws')}/live`]);
    expect(sockets.posts).toEqual([]);
    expect(errors).toEqual([]);
  });

  it.each(['the key q', 'leaving the page'])('has no connection after %s', async (way) => {
    const { page, sockets } = await startCamera(session);
    await faceNamed(page, 'Ada Lovelace').waitFor();
    expect([sockets.open, session.server.core.live.count]).toEqual([1, 1]);
    if (way === 'the key q') await page.keyboard.press('q');
    else await page.goto(session.server.url);
    await expect.poll(() => session.server.core.live.count).toBe(0);
    const { sent } = sockets;
    await page.waitForTimeout(1000);
    expect([sockets.urls.length, sockets.sent, sockets.posts]).toEqual([1, sent, []]);
  });

  it('takes a request a frame where a proxy lets no WebSocket through, and goes back to it when it can', async () => {
    proxy.become('http only');
    const { page, sockets, errors } = await startBehindProxy();
    await faceNamed(page, 'Ada Lovelace').waitFor();
    await expect.poll(() => sockets.posts.length, { timeout: 30_000 }).toBeGreaterThan(3);
    expect(new Set(sockets.posts).size).toBe(1);
    expect(sockets.posts[0]).toMatch(/^\?session=[0-9a-f]{32}$/);
    expect(sockets.answered).toBe(0);
    expect(await page.locator('#server-notice').textContent()).toBe('');

    proxy.become('open');
    await expect.poll(() => sockets.answered, { timeout: 60_000 }).toBeGreaterThan(3);
    const { length } = sockets.posts;
    const { answered } = sockets;
    await expect.poll(() => sockets.answered).toBeGreaterThan(answered + 3);
    expect(sockets.posts).toHaveLength(length);
    await faceNamed(page, 'Ada Lovelace').waitFor();
    expect(errors).toEqual([]);
  });

  it('goes on without a word when the connection breaks', async () => {
    proxy.become('open');
    const { page, sockets } = await startBehindProxy();
    await faceNamed(page, 'Ada Lovelace').waitFor();
    proxy.become('open');
    await expect.poll(() => sockets.urls.length, { timeout: 30_000 }).toBe(2);
    await expect.poll(() => sockets.answered, { timeout: 30_000 }).toBeGreaterThan(3);
    expect(await page.locator('#server-notice').textContent()).toBe('');
    await faceNamed(page, 'Ada Lovelace').waitFor();
  });

  it('names faces where the security policy means no WebSocket, as in Safari before 16', async () => {
    const { page } = await session.open('/');
    await page.route('**/live.html', async (route) => {
      const reply = await route.fetch();
      const headers = { ...reply.headers(), 'content-security-policy': `connect-src ${session.server.url}` };
      await route.fulfill({ response: reply, headers });
    });
    await page.goto(`${session.server.url}/live.html`);
    const sockets = watchSockets(page);
    await page.locator('#start').click();
    await faceNamed(page, 'Ada Lovelace').waitFor();
    expect([sockets.answered, sockets.posts.length > 0]).toEqual([0, true]);
  });
});
