import { createHash } from 'node:crypto';
import type { MqttSettings } from './mqtt-settings.js';

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
