import type { CameraPresence } from '../../cameras/cameras.js';
import { EVENT_TYPES } from '../../events/event.js';
import { keyOf, OFFLINE, ONLINE, type Topics } from './topics.js';

export interface World {
  readonly cameras: readonly CameraPresence[];
  /** Who is enrolled and was seen since the server runs, or is known to the broker. */
  readonly people: readonly string[];
}

/**
 * All that the broker is to keep for whoever comes later.
 * @returns topic -> payload
 */
export function retainedFor({ cameras, people }: World, topics: Topics, withDiscovery: boolean): Map<string, string> {
  const retained = new Map<string, string>([[topics.status, ONLINE]]);
  const keep = ([topic, value]: [string, object]) => retained.set(topic, JSON.stringify(value));
  for (const camera of cameras) {
    const { status, present } = topics.camera(camera.id);
    retained.set(status, camera.isLive ? ONLINE : OFFLINE);
    keep([present, presentAt(camera)]);
    if (withDiscovery) cameraConfigs(camera, topics).forEach(keep);
  }
  for (const name of people) {
    const where = cameras.filter((camera) => camera.people.includes(name)).map(({ id }) => id);
    keep([topics.person(name), { name, present: where.length > 0, cameras: where }]);
    if (withDiscovery) keep(personConfig(name, topics));
  }
  return retained;
}

function presentAt({ people }: CameraPresence): object {
  const named = people.filter((name) => name !== null);
  return { count: people.length, unknown: people.length - named.length, people: [...named].sort() };
}

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
