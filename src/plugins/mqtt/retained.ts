import { cameraConfigs, personConfig } from './home-assistant.js';
import type { CameraPresence } from './presence.js';
import { OFFLINE, ONLINE, type Topics } from './topics.js';

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
