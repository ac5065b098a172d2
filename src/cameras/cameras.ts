import type { EventHub } from '../events/event-hub.js';
import { RostroError } from '../shared/errors.js';
import type { CameraSettings } from './camera-settings.js';
import { Camera, type CameraParts } from './camera.js';

export interface CamerasParts extends Omit<CameraParts, 'settings' | 'publish' | 'asVideo' | 'keepsTrying'> {
  readonly events: EventHub;
}

/** The server's own cameras; none until they are started. */
export class Cameras {
  private cameras: readonly Camera[] = [];

  constructor(private readonly parts: CamerasParts) {}

  /** Who is before which camera. */
  get presences(): CameraPresence[] {
    return this.cameras.map(({ id, status: { name }, state, watch }) => {
      const people = watch.visits.present.map((visit) => visit.name);
      return { id, name, isLive: state === 'live', people };
    });
  }

  get all(): readonly Camera[] {
    return this.cameras;
  }

  /** @throws RostroError `camera_not_found` */
  get(id: string): Camera {
    const camera = this.cameras.find((candidate) => candidate.id === id);
    if (camera) return camera;
    throw new RostroError('camera_not_found', `There is no camera "${id}".`);
  }

  /** Connects them; does not wait until they are. @throws RostroError `bad_config` */
  start(settings: readonly CameraSettings[]): void {
    const { events } = this.parts;
    this.cameras = settings.map(
      (one) => new Camera({ ...this.parts, settings: one, publish: (happening) => events.publish(happening) }),
    );
    for (const [i, camera] of this.cameras.entries()) if (settings[i].enabled) void camera.start();
  }

  /** What is known of people who are not enrolled any more goes. */
  keepNames(isEnrolled: (name: string) => boolean): void {
    this.parts.events.keepNames(isEnrolled);
    for (const { watch } of this.cameras) watch.keepNames(isEnrolled);
  }

  /** Whoever is there has left then, and the events say so. */
  async close(): Promise<void> {
    await Promise.all(this.cameras.map((camera) => camera.close()));
  }
}

/** One camera as MQTT tells of it. */
export interface CameraPresence {
  readonly id: string;
  readonly name: string;
  readonly isLive: boolean;
  /** Names of those who are there; null for each unknown face. */
  readonly people: readonly (string | null)[];
}
