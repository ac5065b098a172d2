import type { MqttSettings } from '../plugins/mqtt/mqtt-settings.js';
import { webhooksFile, type WebhookSettings } from '../events/webhook-settings.js';
import { readCamerasFile, type CameraSettings } from '../cameras/camera-settings.js';
import { readJsonFile, refuseTwins } from '../shared/read-json-file.js';

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
