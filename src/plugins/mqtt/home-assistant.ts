import { EVENT_TYPES } from '../../events/event.js';
import type { CameraPresence } from './presence.js';
import { keyOf, type Topics } from './topics.js';

/**
 * What Home Assistant makes of a camera: whether it is connected, whether and how many people are there, and its events.
 * Fields: https://www.home-assistant.io/integrations/binary_sensor.mqtt/, …/sensor.mqtt/, …/event.mqtt/
 * @returns topic -> what is retained there
 */
export function cameraConfigs({ id, name }: CameraPresence, topics: Topics): [topic: string, config: object][] {
  const { events, status, present } = topics.camera(id);
  const common = (object: string) => ({
    unique_id: `${topics.node}_${id}_${object}`,
    availability: [{ topic: topics.status }],
    device: deviceOf(`${topics.node}_camera_${id}`, name),
  });
  const whileLive = (object: string) => ({
    ...common(object),
    availability: [{ topic: topics.status }, { topic: status }],
    availability_mode: 'all',
  });
  return [
    [
      topics.config('binary_sensor', `${id}_connected`),
      {
        ...common('connected'),
        ...{ name: 'Connected', device_class: 'connectivity', entity_category: 'diagnostic' },
        ...{ state_topic: status, payload_on: 'online', payload_off: 'offline' },
      },
    ],
    [
      topics.config('binary_sensor', `${id}_somebody`),
      {
        ...whileLive('somebody'),
        ...{ name: 'Somebody there', device_class: 'occupancy', state_topic: present },
        value_template: "{{ 'ON' if value_json.count > 0 else 'OFF' }}",
      },
    ],
    [
      topics.config('sensor', `${id}_people`),
      {
        ...whileLive('people'),
        ...{ name: 'People there', state_topic: present, json_attributes_topic: present, state_class: 'measurement' },
        value_template: '{{ value_json.count }}',
      },
    ],
    [
      topics.config('event', `${id}_event`),
      { ...common('event'), name: 'Visit', state_topic: events, event_types: [...EVENT_TYPES], qos: 1 },
    ],
  ];
}

/** Whether a person is before one of the cameras. */
export function personConfig(name: string, topics: Topics): [topic: string, config: object] {
  const state = topics.person(name);
  const config = {
    ...{ name, unique_id: `${topics.node}_person_${keyOf(name)}`, device_class: 'occupancy' },
    availability: [{ topic: topics.status }],
    ...{ state_topic: state, json_attributes_topic: state },
    value_template: "{{ 'ON' if value_json.present else 'OFF' }}",
    device: deviceOf(`${topics.node}_people`, 'People'),
  };
  return [topics.config('binary_sensor', `person_${keyOf(name)}`), config];
}

function deviceOf(identifier: string, name: string): object {
  return { identifiers: [identifier], name, manufacturer: 'Rostro' };
}
