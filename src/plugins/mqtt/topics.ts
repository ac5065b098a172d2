import { createHash } from 'node:crypto';

export const ONLINE = 'online';
export const OFFLINE = 'offline';

/** The topics of one server. */
export function topicsOf({ prefix, discovery }: MqttSettings) {
  // Home Assistant allows letters, digits, _ and -.
  const node = prefix.replace(/[^a-zA-Z0-9_-]/g, '_');
  return {
    node,
    /** `online`, or `offline` as the last will: retained. */
    status: `${prefix}/status`,
    camera: (id: string) => ({
      /** Each event, not retained. */
      events: `${prefix}/cameras/${id}/events`,
      /** `online`, `offline`: retained. */
      status: `${prefix}/cameras/${id}/status`,
      /** JSON `{"count", "unknown", "people"}`: retained. */
      present: `${prefix}/cameras/${id}/present`,
    }),
    /** JSON `{"name", "present", "cameras"}`: retained while the person is enrolled. */
    person: (name: string) => `${prefix}/people/${keyOf(name)}`,
    /** Discovery messages of Home Assistant: https://www.home-assistant.io/integrations/mqtt/#discovery-topic */
    config: (component: 'binary_sensor' | 'sensor' | 'event', object: string) =>
      `${discovery ?? ''}/${component}/${node}/${object}/config`,
    /** All retained topics, to find outdated messages; and the status, which a late last will may overwrite. */
    retained: [
      ...['status', 'people/+', 'cameras/+/status', 'cameras/+/present'].map((topic) => `${prefix}/${topic}`),
      ...(discovery === null ? [] : [`${discovery}/+/${node}/+/config`]),
    ],
  };
}

export type Topics = ReturnType<typeof topicsOf>;

/** A hash, because a name may contain characters that MQTT forbids in topics. */
export function keyOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 16);
}

/** The broker of `MQTT_URL`. */
export interface MqttSettings {
  /** `mqtt://host:1883` or `mqtts://host:8883`; may hold a user name and a password. */
  readonly url: string;
  /** Of every topic, without a slash at its end. */
  readonly prefix: string;
  /** Discovery prefix of Home Assistant; null sends no discovery messages. */
  readonly discovery: string | null;
}

/** The URL without the password. */
export function brokerOrigin({ url }: MqttSettings): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}
