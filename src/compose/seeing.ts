import type { Config } from '../config.js';
import { Deliveries } from '../deliver/deliveries.js';
import { EventHub } from '../events/event-hub.js';
import type { KeepsNames } from '../events/keeps-names.js';
import type { Logger } from '../observe/logger.js';
import { Cameras } from '../service/cameras/cameras.js';
import type { LiveSessions } from '../service/live/live-sessions.js';
import type { Outlets } from '../service/outlets.js';
import type { Gallery } from '../store/gallery.js';
import type { Vault } from '../store/sealing/vault.js';

export interface SeeingParts {
  readonly live: LiveSessions;
  readonly gallery: Pick<Gallery, 'person'>;
  readonly vault: Vault;
  readonly log: Logger;
}

/** The server's own cameras, what they tell, and who hears it. */
export interface Seeing {
  readonly cameras: Cameras;
  readonly events: EventHub;
  readonly deliveries: Deliveries;
}

/** Nothing of it runs before `startSeeing`. */
export function composeSeeing(config: Config, { live, gallery, vault, log }: SeeingParts): Seeing {
  const { ffmpeg, requestDeadlineMs: deadlineMs, stateDir } = config;
  const events = new EventHub();
  const cameras = new Cameras({ live, events, ffmpeg, deadlineMs, log });
  const isEnrolled = (name: string) => has(gallery, name);
  const presences = () => cameras.presences;
  const deliveries = new Deliveries({ events, cameras: presences, isEnrolled, stateDir, vault, log });
  return { cameras, events, deliveries };
}

function has(gallery: SeeingParts['gallery'], name: string): boolean {
  try {
    gallery.person(name);
    return true;
  } catch {
    return false;
  }
}

/** @throws RostroError `bad_config`, `storage_failed` */
export async function startSeeing({ cameras, deliveries }: Seeing, outlets: Outlets): Promise<void> {
  await deliveries.start(outlets.webhooks, outlets.mqtt);
  cameras.start(outlets.cameras);
}

/** Everything of it that tells, or will tell, of people by their names. */
export function namesIn({ cameras, deliveries }: Seeing): KeepsNames {
  return {
    async keepNames(isEnrolled) {
      cameras.keepNames(isEnrolled);
      await deliveries.keepNames(isEnrolled);
    },
  };
}
