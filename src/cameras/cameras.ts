import type { CameraPresence } from '../events/receiver.js';
import type { EventHub } from '../events/event-hub.js';
import { RostroError } from '../shared/errors.js';
import type { CameraSettings } from './camera-settings.js';
import { Camera, type CameraParts } from './camera.js';

export interface CamerasParts extends Omit<CameraParts, 'settings' | 'publish' | 'asVideo' | 'retriesFirstConnection'> {
  readonly events: EventHub;
}

/** The server's cameras; empty until `start`. */
export class Cameras {
  private cameras: readonly Camera[] = [];

  constructor(private readonly parts: CamerasParts) {}

  /** The people in front of each camera. */
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

  /** Starts all enabled cameras without waiting for their connections. @throws RostroError `bad_config` */
  start(settings: readonly CameraSettings[]): void {
    const { events } = this.parts;
    this.cameras = settings.map(
      (one) => new Camera({ ...this.parts, settings: one, publish: (event) => events.publish(event) }),
    );
    for (const [i, camera] of this.cameras.entries()) if (settings[i].enabled) void camera.start();
  }

  /** Removes the names of people who are not enrolled. */
  redactNames(isEnrolled: (name: string) => boolean): void {
    this.parts.events.redactNames(isEnrolled);
    for (const { watch } of this.cameras) watch.redactNames(isEnrolled);
  }

  /** Stops all cameras, which ends all visits with events. */
  async close(): Promise<void> {
    await Promise.all(this.cameras.map((camera) => camera.close()));
  }
}
