import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NewEvent } from '../../../src/events/event.js';
import { Camera } from '../../../src/cameras/camera.js';
import { cameraSettings } from '../../../src/cameras/camera-settings.js';
import type { LiveRecognition } from '../../../src/live/live-sessions.js';
import type { SightingRecorder } from '../../../src/history/history.js';
import { memoryLogger } from '../../helpers/log.js';

const PICTURE = "printf 'P6 1 1 255\\nabc'";
/** Longer than it takes a program to end after its last picture. */
const SLOW_MS = 300;

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'rostro-camera-'))));
afterAll(() => rm(folder, { recursive: true }));

/** A camera whose pictures a shell script sends in place of ffmpeg; each of them shows Ada. */
async function fixture(script: string, lookMs: (look: number) => number) {
  const ffmpeg = join(folder, 'pictures.sh');
  await writeFile(ffmpeg, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const told: string[] = [];
  const recorded: string[] = [];
  const history: SightingRecorder = {
    isOn: true,
    begin: ({ source, camera, person }) => recorded.push(`${source} ${camera} ${person}`),
    change: (_id, { looks, distance }) => recorded.push(`${looks} ${distance}`),
    discard: () => recorded.push('discard'),
  };
  let looks = 0;
  const recognize = async (_image: unknown, _wishes: unknown, signal?: AbortSignal) => {
    const look = ++looks;
    await new Promise<void>((resolve, reject) => {
      if (Number.isFinite(lookMs(look))) setTimeout(resolve, lookMs(look));
      signal?.addEventListener('abort', () => reject(signal.reason as Error));
    });
    const box = { x: 10, y: 10, width: 100, height: 100 };
    const face = { name: 'Ada', id: null, distance: 0.5, threshold: 1, track: 1, looks: look, box };
    return { faces: [face] } as unknown as LiveRecognition;
  };
  const camera = new Camera({
    ffmpeg,
    settings: cameraSettings.parse({ id: 'door', source: 'door.mp4', crops: false }),
    live: { open: () => ({ recognize, embeddingOf: () => null }) },
    publish: ({ type, person, reason }: NewEvent) => told.push(`${type} ${person ?? '?'} ${reason ?? ''}`.trim()),
    history: { history, contract: 'net-1' },
    deadlineMs: 60_000,
    log: memoryLogger(),
  });
  return { camera, told, recorded, looks: () => looks };
}

describe('visits before a camera', () => {
  it('end with the file, also those that begin with the last picture, which is still being looked at', async () => {
    const { camera, told, recorded } = await fixture(`${PICTURE}; sleep 0.2; ${PICTURE}`, (look) =>
      look === 1 ? 0 : SLOW_MS,
    );
    await camera.start();
    expect([camera.state, told]).toEqual(['ended', ['appeared Ada', 'left Ada gone']]);
    expect(recorded).toEqual(['camera door Ada', '2 0.5']);
  });

  it('end with the camera, at once, also where a picture is looked at for ever', async () => {
    const script = `${PICTURE}; sleep 0.2; ${PICTURE}; sleep 0.2; ${PICTURE}; exec sleep 60`;
    const { camera, told, looks } = await fixture(script, (look) => (look === 3 ? Infinity : 0));
    void camera.start();
    await expect.poll(() => looks()).toBe(3);
    await camera.close();
    expect([camera.state, told]).toEqual(['off', ['appeared Ada', 'left Ada gone']]);
  });
});
