import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findings } from '../../helpers/browser/axe.js';
import { hasChromium, needsChromium } from '../../helpers/browser/browser.js';
import { fakeCamera, type FakeCamera } from '../../helpers/browser/fake-camera.js';
import { faceNamed, startCamera } from '../../helpers/browser/live.js';
import { startSession, type Session } from '../../helpers/browser/session.js';
import { hasShared, hasWeights, needsSharedAndWeights, sharedPath } from '../../helpers/shared.js';

const photo = (file: string) => readFile(sharedPath('liveness-dev', ...file.split('/')));
/** A slow machine needs some seconds for the three looks that decide. */
const FRAMES = 300;

describe.skipIf(!hasChromium || !hasShared || !hasWeights)(
  `the live page with LIVENESS=require${needsChromium || needsSharedAndWeights}`,
  () => {
    let dataDir: string;
    let camera: FakeCamera;
    let session: Session;
    beforeAll(async () => {
      dataDir = await mkdtemp(join(tmpdir(), 'rostro-'));
      await mkdir(join(dataDir, 'model'));
      await symlink(sharedPath('models', 'liveness'), join(dataDir, 'model', 'liveness'));
      const [person, print] = await Promise.all(
        ['real/0001_00_00_01_112.jpg', 'print/0001_00_00_01_431.jpg'].map(photo),
      );
      camera = await fakeCamera([person, print].map((picture) => ({ picture, frames: FRAMES })));
      session = await startSession(camera.args, {
        DETECTOR: 'mtcnn',
        EMBEDDER: 'mobilefacenet',
        ROSTRO_DATA: dataDir,
        LIVENESS: 'require',
      });
      await session.enrol('Ada Lovelace', await photo('real/0001_00_00_01_0.jpg'));
    }, 120_000);
    afterAll(async () => {
      await session.close();
      await camera.remove();
      await rm(dataDir, { recursive: true, force: true });
    });

    it('shows who is alive, and neither names a picture nor offers to enrol it', async () => {
      const { page, errors } = await startCamera(session);
      await faceNamed(page, 'Ada Lovelace').getByText('A living person').waitFor();
      const picture = page.locator('.face-item', { hasText: 'Looks like a picture of a person' });
      await picture.waitFor();
      expect(await picture.locator('.face-name, .face-detail').allTextContents()).toEqual([
        'No name',
        'This server names only living people.',
      ]);
      expect(await picture.getByRole('button').count()).toBe(0);
      expect(await page.locator('.legend-shield').allTextContents()).toEqual(['Living', 'A picture', 'Not certain']);
      expect(await page.locator('.legend-shield').first().isVisible()).toBe(true);
      expect(await findings(page)).toEqual([]);
      expect(await page.locator('#footer').innerText()).toContain('Only living people get a name.');
      expect(errors).toEqual([]);
    }, 120_000);
  },
);
