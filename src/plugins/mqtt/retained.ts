import type { CameraPresence } from '../../events/receiver.js';
import { EVENT_TYPES } from '../../events/event.js';
import { keyOf, OFFLINE, ONLINE, type Topics } from './topics.js';

export interface RetainedState {
  readonly cameras: readonly CameraPresence[];
  /** Enrolled people who were seen since the start of the server, or whom the broker has retained. */
  readonly people: readonly string[];
}

/**
 * The messages that the broker should retain for later subscribers.
 * @returns topic -> payload
 */
export function retainedFor(
  { cameras, people }: RetainedState,
  topics: Topics,
  withDiscovery: boolean,
): Map<string, string> {
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
 * The entities of a camera in Home Assistant: connected or not, occupied or not, number of people, events.
 * Fields: https://www.home-assistant.io/integrations/binary_sensor.mqtt/, …/sensor.mqtt/, …/event.mqtt/
 * @returns topic -> discovery message
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
        name: 'Connected',
        device_class: 'connectivity',
        entity_category: 'diagnostic',
        state_topic: status,
        payload_on: 'online',
        payload_off: 'offline',
      },
    ],
    [
      topics.config('binary_sensor', `${id}_somebody`),
      {
        ...whileLive('somebody'),
        name: 'Somebody there',
        device_class: 'occupancy',
        state_topic: present,
        value_template: "{{ 'ON' if value_json.count > 0 else 'OFF' }}",
      },
    ],
    [
      topics.config('sensor', `${id}_people`),
      {
        ...whileLive('people'),
        name: 'People there',
        state_topic: present,
        json_attributes_topic: present,
        state_class: 'measurement',
        value_template: '{{ value_json.count }}',
      },
    ],
    [
      topics.config('event', `${id}_event`),
      { ...common('event'), name: 'Visit', state_topic: events, event_types: [...EVENT_TYPES], qos: 1 },
    ],
  ];
}

/** The entity of a person in Home Assistant: in front of a camera or not. */
export function personConfig(name: string, topics: Topics): [topic: string, config: object] {
  const state = topics.person(name);
  const config = {
    name,
    unique_id: `${topics.node}_person_${keyOf(name)}`,
    device_class: 'occupancy',
    availability: [{ topic: topics.status }],
    state_topic: state,
    json_attributes_topic: state,
    value_template: "{{ 'ON' if value_json.present else 'OFF' }}",
    device: deviceOf(`${topics.node}_people`, 'People'),
  };
  return [topics.config('binary_sensor', `person_${keyOf(name)}`), config];
}

function deviceOf(identifier: string, name: string): object {
  return { identifiers: [identifier], name, manufacturer: 'Rostro' };
}
