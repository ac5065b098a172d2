import type { Config } from './config.js';
import { Deliveries } from '../events/delivery/deliveries.js';
import { EventHub } from '../events/event-hub.js';
import type { KeepsNames } from '../events/keeps-names.js';
import type { Logger } from '../shared/logger.js';
import { Cameras } from '../cameras/cameras.js';
import type { LiveSessions } from '../live/live-sessions.js';
import type { Outlets } from './outlets.js';
import type { Gallery } from '../gallery/gallery.js';
import type { Vault } from '../gallery/sealing/vault.js';
import { followNames } from './follow-names.js';

export interface SeeingParts {
  readonly live: LiveSessions;
  readonly gallery: Pick<Gallery, 'person' | 'version'>;
  readonly vault: Vault;
  readonly log: Logger;
}

/** The server's own cameras, what they tell, and who hears it. */
export interface Seeing {
  readonly names: KeepsNames;
  /** Ends all of it. */
  close(): Promise<void>;
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
  const names: KeepsNames = {
    async keepNames(known) {
      cameras.keepNames(known);
      await deliveries
        .keepNames(known)
        .catch(() => log.error({}, 'events that wait may still have names in them; the next start takes them out'));
    },
  };
  const stopFollowing = followNames(gallery, names, isEnrolled);
  const close = async () => {
    stopFollowing();
    await cameras.close();
    events.close();
    await deliveries.close();
  };
  return { cameras, events, deliveries, names, close };
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
export async function startSeeing(
  { cameras, deliveries }: Pick<Seeing, 'cameras' | 'deliveries'>,
  outlets: Outlets,
): Promise<void> {
  await deliveries.start(outlets.webhooks, outlets.mqtt);
  cameras.start(outlets.cameras);
}
