import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Deliveries } from '../../src/events/deliveries.js';
import type { CameraPresence } from '../../src/events/receiver.js';
import { EventHub } from '../../src/events/event-hub.js';
import { plainVault, type Vault } from '../../src/gallery/sealing/vault.js';
import { newEvent } from './new-event.js';
import { memoryLogger } from './log.js';

/** A state folder, and the deliveries of a server that uses it. */
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
      events,
      stateDir,
      vault,
      log,
      isEnrolled,
      firstRetryMs: 5,
      cameras: () => cameras,
    });
    const publish = (count: number, person: string | null = 'Ada') =>
      Array.from({ length: count }, () => events.publish(newEvent(person)));
    return { deliveries, publish, isEnrolled };
  };
  return { stateDir, enrolled, logged, cameras, start, remove: () => rm(stateDir, { recursive: true }) };
}
