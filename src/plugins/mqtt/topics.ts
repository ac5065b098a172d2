import { createHash } from 'node:crypto';

export const ONLINE = 'online';
export const OFFLINE = 'offline';

/** The topics of one server. */
export function topicsOf({ prefix, discovery }: MqttSettings) {
  // Home Assistant takes letters, digits, _ and - there.
  const node = prefix.replace(/[^a-zA-Z0-9_-]/g, '_');
  return {
    node,
    /** `online`, `offline`: retained, the broker's last will. */
    status: `${prefix}/status`,
    camera: (id: string) => ({
      /** Each event as it happens. */
      events: `${prefix}/cameras/${id}/events`,
      /** `online`, `offline`: retained. */
      status: `${prefix}/cameras/${id}/status`,
      /** JSON `{"count", "unknown", "people"}`: retained. */
      present: `${prefix}/cameras/${id}/present`,
    }),
    /** JSON `{"name", "present", "cameras"}`: retained, as long as the person is enrolled. */
    person: (name: string) => `${prefix}/people/${keyOf(name)}`,
    /** What Home Assistant is to make of it. Topic: https://www.home-assistant.io/integrations/mqtt/#discovery-topic */
    config: (component: 'binary_sensor' | 'sensor' | 'event', object: string) =>
      `${discovery ?? ''}/${component}/${node}/${object}/config`,
    /** Everything that is retained, to find what must go; and whether we are there, which a late last will denies. */
    retained: [
      ...['status', 'people/+', 'cameras/+/status', 'cameras/+/present'].map((topic) => `${prefix}/${topic}`),
      ...(discovery === null ? [] : [`${discovery}/+/${node}/+/config`]),
    ],
  };
}

export type Topics = ReturnType<typeof topicsOf>;

/** A name may hold whatever MQTT forbids in topics. */
export function keyOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 16);
}

/** The broker, as the operator describes it. */
export interface MqttSettings {
  /** `mqtt://host:1883` or `mqtts://host:8883`; may hold a user name and a password. */
  readonly url: string;
  /** What every topic of ours begins with, without a slash at its end. */
  readonly prefix: string;
  /** Where Home Assistant looks for what there is; null tells it nothing. */
  readonly discovery: string | null;
}

/** What may be shown of the URL. */
export function shownBroker({ url }: MqttSettings): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}
