import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Deliveries } from '../../src/events/delivery/deliveries.js';
import type { CameraPresence } from '../../src/cameras/cameras.js';
import { EventHub } from '../../src/events/event-hub.js';
import { plainVault, type Vault } from '../../src/gallery/sealing/vault.js';
import { happening } from './happening.js';
import { memoryLogger } from './log.js';

/** A state folder, and what a server that is started on it delivers. */
export async function deliveryFixture(vault: Vault = plainVault) {
  const stateDir = await mkdtemp(join(tmpdir(), 'rostro-outbox-'));
  const enrolled = new Set(['Ada', 'Bea']);
  const logged: string[] = [];
  const cameras: CameraPresence[] = [];
  const start = () => {
    const events = new EventHub();
    const isEnrolled = (name: string) => enrolled.has(name);
    const log = memoryLogger(logged);
    const deliveries = new Deliveries({
      ...{ events, stateDir, vault, log, isEnrolled, firstWaitMs: 5 },
      cameras: () => cameras,
    });
    const publish = (count: number, person: string | null = 'Ada') =>
      Array.from({ length: count }, () => events.publish(happening(person)));
    return { deliveries, publish, isEnrolled };
  };
  return { stateDir, enrolled, logged, cameras, start, remove: () => rm(stateDir, { recursive: true }) };
}
