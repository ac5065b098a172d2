import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findings } from '../../helpers/browser/axe.js';
import { hasChromium, needsChromium } from '../../helpers/browser/browser.js';
import { startSession, type Session } from '../../helpers/browser/session.js';
import { newEvent } from '../../helpers/new-event.js';
import { WebhookReceiver } from '../../helpers/webhook-receiver.js';

describe.skipIf(!hasChromium)(`the section Integrations${needsChromium}`, () => {
  let session: Session;
  let receiver: WebhookReceiver;
  let folder: string;
  let answer = 400;

  beforeAll(async () => {
    receiver = await WebhookReceiver.start(() => answer);
    folder = await mkdtemp(join(tmpdir(), 'rostro-integrations-'));
    const path = join(folder, 'webhooks.json');
    const webhook = { id: 'bell', url: `${receiver.url}?token=hidden`, secret: 'at least sixteen letters' };
    await writeFile(path, JSON.stringify({ webhooks: [webhook] }));
    session = await startSession([], { WEBHOOKS_FILE: path, MQTT_URL: 'mqtt://door:hidden@127.0.0.1:1' });
  });
  afterAll(async () => {
    await session.close();
    await receiver.close();
    await rm(folder, { recursive: true });
  });

  it.each(['light', 'dark'] as const)(
    'shows receivers without their secrets, and plugins, in %s',
    async (colorScheme) => {
      const { page, errors } = await session.open('/server.html#integrations', { colorScheme });
      const mqtt = page.locator('.key-item', { hasText: 'mqtt://127.0.0.1:1' });
      await mqtt.getByText('not connected').waitFor();
      await mqtt.getByText('The broker cannot be reached').waitFor();
      await page.locator('.key-item', { hasText: 'bell' }).getByText(new URL(receiver.url).origin).waitFor();
      await page.getByText('on, below /api/v1').waitFor();
      await page.getByText('off: ONNX Runtime runs the networks').waitFor();
      expect(await page.content()).not.toContain('hidden@');
      expect(await page.content()).not.toContain('token');
      expect(await findings(page)).toEqual([]);
      expect(errors).toEqual([]);
    },
  );

  it('sends failed events again, in Spanish on a telephone', async () => {
    session.server.core.events.publish(newEvent());
    const { page } = await session.open('/server.html#integrations', {
      locale: 'es-ES',
      viewport: { width: 390, height: 800 },
    });
    const bell = page.locator('.key-item', { hasText: 'bell' });
    await bell.getByText('1 evento falló definitivamente').waitFor();
    expect(await findings(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    answer = 204;
    await page.getByRole('button', { name: 'Enviar de nuevo los eventos fallidos de bell' }).click();
    await bell.getByText('1 desde el inicio').waitFor();
    expect(receiver.received.map(({ event }) => event.person)).toEqual(['Ada', 'Ada']);
  });
});
