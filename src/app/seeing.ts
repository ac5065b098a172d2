import { type CameraSettings, readCamerasFile } from '../cameras/camera-settings.js';
import { Cameras } from '../cameras/cameras.js';
import { Deliveries } from '../events/delivery/deliveries.js';
import { EventHub } from '../events/event-hub.js';
import type { KeepsNames } from '../events/keeps-names.js';
import { type WebhookSettings, webhooksFile } from '../events/webhook.js';
import type { Gallery } from '../gallery/gallery.js';
import type { Vault } from '../gallery/sealing/vault.js';
import type { LiveSessions } from '../live/live-sessions.js';
import type { MqttSettings } from '../plugins/mqtt/topics.js';
import type { Logger } from '../shared/logger.js';
import { readJsonFile, refuseTwins } from '../shared/read-json-file.js';
import type { Config } from './config.js';

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

/** How often it is looked whether the gallery is another one. */
const TICK_MS = 2000;

/**
 * Tells who keeps names of every change of the gallery: another server may have erased somebody from a shared one, and a
 * rename or a restore takes names away, too.
 * @returns stops it
 */
export function followNames(
  gallery: Pick<Gallery, 'version'>,
  names: KeepsNames,
  isEnrolled: (name: string) => boolean,
): () => void {
  let { version } = gallery;
  const ticker = setInterval(() => {
    if (version === gallery.version) return;
    version = gallery.version;
    void names.keepNames(isEnrolled);
  }, TICK_MS).unref();
  return () => clearInterval(ticker);
}

/** Where events come from and go to. */
export interface Outlets {
  readonly cameras: readonly CameraSettings[];
  readonly webhooks: readonly WebhookSettings[];
  readonly mqtt: MqttSettings | null;
}

export interface OutletsConfig {
  readonly camerasFile: string | null;
  readonly webhooksFile: string | null;
  readonly mqtt: MqttSettings | null;
}

/** @throws RostroError `bad_config` */
export async function readOutlets({ camerasFile, webhooksFile: path, mqtt }: OutletsConfig): Promise<Outlets> {
  const cameras = camerasFile === null ? [] : await readCamerasFile(camerasFile);
  return { cameras, webhooks: path === null ? [] : await readWebhooksFile(path), mqtt };
}

async function readWebhooksFile(path: string): Promise<WebhookSettings[]> {
  const { webhooks } = await readJsonFile(path, webhooksFile, 'WEBHOOKS_FILE');
  refuseTwins(path, 'webhooks', webhooks);
  return webhooks;
}
