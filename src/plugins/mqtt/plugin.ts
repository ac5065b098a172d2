import type { Plugin } from '../../http/plugin.js';
import type { MqttSettings } from './topics.js';

/** Sends events to an MQTT broker. */
export const mqttPlugin: Plugin<{ readonly mqtt: MqttSettings | null }> = {
  name: 'mqtt',
  isOn: ({ mqtt }) => mqtt !== null,
  async receiver({ mqtt }) {
    if (mqtt === null) return null;
    const { MqttPublisher } = await import('./mqtt-publisher.js');
    return (parts) => new MqttPublisher(mqtt, parts);
  },
};
