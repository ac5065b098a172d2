import { type CameraSettings, readCamerasFile } from '../cameras/camera-settings.js';
import { CameraFile } from '../cameras/camera-file.js';
import { Cameras } from '../cameras/cameras.js';
import { Deliveries } from '../events/deliveries.js';
import type { OpenReceiver } from '../events/receiver.js';
import { EventHub } from '../events/event-hub.js';
import type { NameRedactor } from '../events/event.js';
import { webhookReceiver, type WebhookSettings, webhooksFile } from '../events/webhook.js';
import type { Gallery } from '../gallery/gallery.js';
import type { Vault } from '../gallery/sealing/vault.js';
import type { CameraWatchParts } from '../cameras/camera-watch.js';
import type { LiveSessions } from '../live/live-sessions.js';
import type { Logger } from '../shared/logger.js';
import { readJsonFile, requireUniqueIds } from '../shared/json.js';
import type { Config } from './config.js';
import { pluginReceivers } from './plugins.js';

export interface CameraServicesParts {
  readonly live: LiveSessions;
  readonly gallery: Pick<Gallery, 'person' | 'version'>;
  readonly vault: Vault;
  readonly log: Logger;
  readonly history: CameraWatchParts['history'];
  readonly onFaces: CameraWatchParts['onFaces'];
}

/** The cameras of the server, their events, and the deliveries to receivers. */
export interface CameraServices {
  readonly cameras: Cameras;
  readonly events: EventHub;
  readonly deliveries: Deliveries;
  /** Of all three. */
  readonly redactor: NameRedactor;
  close(): Promise<void>;
}

/** Nothing runs before `startCameras`. */
export function composeCameras(
  config: Config,
  { live, gallery, vault, log, history, onFaces }: CameraServicesParts,
): CameraServices {
  const { stateDir } = config.storage;
  const { ffmpeg } = config.live;
  const { deadlineMs } = config.limits;
  const events = new EventHub();
  const file = new CameraFile(stateDir, vault);
  const cameras = new Cameras({ live, events, file, ffmpeg, deadlineMs, log, history, onFaces });
  const isEnrolled = (name: string) => has(gallery, name);
  const presences = () => cameras.presences;
  const deliveries = new Deliveries({ events, cameras: presences, isEnrolled, stateDir, vault, log });
  const redactor: NameRedactor = {
    async redactNames(known) {
      cameras.redactNames(known);
      live.redactNames(known);
      await deliveries
        .redactNames(known)
        .catch(() => log.error({}, 'events that wait may still have names in them; the next start takes them out'));
    },
  };
  const stopRedacting = redactOnChange(gallery, redactor, isEnrolled);
  const close = async () => {
    stopRedacting();
    await cameras.close();
    events.close();
    await deliveries.close();
  };
  return { cameras, events, deliveries, redactor, close };
}

function has(gallery: CameraServicesParts['gallery'], name: string): boolean {
  try {
    gallery.person(name);
    return true;
  } catch {
    return false;
  }
}

/** @throws RostroError `bad_config`, `storage_failed`, `encryption_key_wrong` */
export async function startCameras(
  { cameras, deliveries }: Pick<CameraServices, 'cameras' | 'deliveries'>,
  setup: EventSetup,
): Promise<void> {
  await deliveries.start(setup.receivers);
  await cameras.start(setup.cameras);
}

/** Between two checks whether the gallery has changed. */
const CHECK_MS = 2000;

/**
 * Redacts names after every change of the gallery: another server may have erased a person from a shared gallery; a rename
 * and a restore remove names, too.
 * @returns stops it
 */
function redactOnChange(
  gallery: Pick<Gallery, 'version'>,
  redactor: NameRedactor,
  isEnrolled: (name: string) => boolean,
): () => void {
  let { version } = gallery;
  const ticker = setInterval(() => {
    if (version === gallery.version) return;
    version = gallery.version;
    void redactor.redactNames(isEnrolled);
  }, CHECK_MS).unref();
  return () => clearInterval(ticker);
}

/** Sources and receivers of events. */
export interface EventSetup {
  readonly cameras: readonly CameraSettings[];
  readonly receivers: readonly OpenReceiver[];
}

/** Reads `CAMERAS_FILE` and `WEBHOOKS_FILE`. @throws RostroError `bad_config` */
export async function readEventSetup(config: Config): Promise<EventSetup> {
  const { camerasFile } = config.live;
  const { webhooksFile: path } = config.events;
  const cameras = camerasFile === undefined ? [] : await readCamerasFile(camerasFile);
  const webhooks = path === undefined ? [] : await readWebhooksFile(path);
  return { cameras, receivers: [...webhooks.map(webhookReceiver), ...(await pluginReceivers(config))] };
}

async function readWebhooksFile(path: string): Promise<WebhookSettings[]> {
  const { webhooks } = await readJsonFile(path, webhooksFile, 'WEBHOOKS_FILE');
  requireUniqueIds(path, 'webhooks', webhooks);
  return webhooks;
}
