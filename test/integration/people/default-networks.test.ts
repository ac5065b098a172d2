import { describe, expect, it } from 'vitest';
import { composeCore } from '../../../src/app/core.js';
import { readConfig } from '../../../src/app/config.js';
import type { SettingName } from '../../../src/app/settings.js';
import { memoryLogger } from '../../helpers/log.js';
import { temporaryFolder } from '../../helpers/model-files.js';
import { onePerson, onePersonAgain } from '../../helpers/portraits.js';
import { rostroWith } from '../../helpers/rostro.js';
import { linkSharedCache } from '../../helpers/server.js';
import { hasWeights } from '../../helpers/shared.js';

const AUTO = { DETECTOR: '', EMBEDDER: '', PROVIDER: 'cpu', WORKERS: '1', THREADS: '1' };
const skipped = hasWeights ? '' : ' (skipped: the weights of MobileFaceNet are not installed)';

describe.skipIf(!hasWeights)(`EMBEDDER=auto${skipped}`, () => {
  async function newFolder(): Promise<string> {
    const folder = temporaryFolder();
    await linkSharedCache(folder);
    return folder;
  }

  /** Starts on the folder. @returns the networks, the notices, and the name that the person's second photo gets */
  async function start(dataDir: string, settings: Partial<Record<SettingName, string>> = {}, enrols = false) {
    const config = readConfig({ ...AUTO, ...settings, ROSTRO_DATA: dataDir });
    const core = await composeCore(config, { log: memoryLogger([]) });
    try {
      if (enrols) await core.enrolment.enrol({ bytes: await onePerson(), fileName: 'Ada.jpg', name: 'Ada' });
      const { faces } = await core.recognition.recognize(await onePersonAgain());
      const { detector, embedder } = core.recognition.model;
      return { networks: `${detector} + ${embedder}`, notices: core.notices, name: faces[0].name };
    } finally {
      await core.close();
    }
  }

  const rostro = (folder: string, ...args: string[]) => rostroWith(AUTO, folder, ...args);

  it('is MobileFaceNet for an empty gallery', async () => {
    const folder = await newFolder();
    expect(await start(folder, {}, true)).toEqual({ networks: 'mtcnn + mobilefacenet', notices: [], name: 'Ada' });
    expect((await start(folder)).name).toBe('Ada');
  });

  it('keeps the embedder that made a gallery, until it is changed with the two commands of the note', async () => {
    const folder = await newFolder();
    await start(folder, { EMBEDDER: 'face-api' }, true);
    const kept = await start(folder);
    expect(kept).toMatchObject({ networks: 'mtcnn + face-api', name: 'Ada' });
    expect(kept.notices).toEqual([expect.stringContaining('mobilefacenet tells people from strangers better')]);
    const commands = [...kept.notices[0].matchAll(/"rostro (reembed .+?)"/g)].map(([, args]) => args.split(' '));
    expect(commands).toHaveLength(2);
    for (const args of commands) expect(await rostro(folder, ...args)).toMatchObject({ code: 0 });
    expect(await start(folder)).toEqual({ networks: 'mtcnn + mobilefacenet', notices: [], name: 'Ada' });
    expect(await rostro(folder, 'reembed', '--back')).toMatchObject({ code: 0 });
    expect(await start(folder)).toMatchObject({ networks: 'mtcnn + face-api', name: 'Ada' });
  });

  it('restores an archive of another embedder into an empty gallery, and keeps it', async () => {
    const [source, target] = [await newFolder(), await newFolder()];
    await start(source, { EMBEDDER: 'face-api' }, true);
    const archive = `${target}/all.zip`;
    expect(await rostro(source, 'export', archive)).toMatchObject({ code: 0 });
    expect(await rostro(target, 'restore', archive)).toMatchObject({ code: 0 });
    expect(await start(target)).toMatchObject({ networks: 'mtcnn + face-api', name: 'Ada' });
  });
});
