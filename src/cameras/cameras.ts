import type { CameraPresence } from '../events/receiver.js';
import type { EventHub } from '../events/event-hub.js';
import { RostroError } from '../shared/errors.js';
import { SerialQueue } from '../shared/queue.js';
import type { CameraFile } from './camera-file.js';
import {
  type CameraChange,
  type CameraSettings,
  changedCamera,
  MAX_CAMERAS,
  requireNoFile,
  type TriedCamera,
} from './camera-settings.js';
import { Camera, type CameraParts } from './camera.js';
import { tryCamera } from './try-camera.js';

export interface CamerasParts extends Omit<
  CameraParts,
  'settings' | 'publish' | 'asVideo' | 'retriesFirstConnection' | 'isEditable'
> {
  readonly events: EventHub;
  /** Keeps the cameras that are added while the server runs. */
  readonly file: Pick<CameraFile, 'read' | 'write'>;
}

/** Cameras that are tried at once. */
const MAX_TRIES = 4;

/** The server's cameras: those of CAMERAS_FILE, and those that are added while it runs. Empty until `start`. */
export class Cameras {
  private cameras: readonly Camera[] = [];
  private readonly changes = new SerialQueue();
  private isClosed = false;
  private tries = 0;

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

  /**
   * Starts all enabled cameras without waiting for their connections. Where both have the same id, the camera of
   * CAMERAS_FILE counts.
   * @param settings of CAMERAS_FILE
   * @throws RostroError `bad_config`, `encryption_key_wrong`
   */
  async start(settings: readonly CameraSettings[]): Promise<void> {
    const ids = new Set(settings.map(({ id }) => id));
    const added = await this.parts.file.read();
    for (const { id } of added) {
      if (ids.has(id))
        this.parts.log.warn({ camera: id }, 'a camera was added and is in CAMERAS_FILE too, which counts');
    }
    this.cameras = [
      ...settings.map((one) => this.create(one, false)),
      ...added.filter(({ id }) => !ids.has(id)).map((one) => this.create(one, true)),
    ];
    this.cameras.forEach(startIfEnabled);
  }

  /** @throws RostroError `camera_exists`, `bad_request`, `storage_failed` */
  add(settings: CameraSettings): Promise<Camera> {
    return this.changes.run(async () => {
      const { id, source } = settings;
      requireNoFile(source);
      if (this.cameras.some((camera) => camera.id === id)) {
        throw new RostroError('camera_exists', `There is a camera "${id}" already.`);
      }
      if (this.cameras.length >= MAX_CAMERAS) {
        throw new RostroError('bad_request', `A server has ${MAX_CAMERAS} cameras at most.`);
      }
      const camera = this.create(settings, true);
      await this.keep([...this.cameras, camera]);
      startIfEnabled(camera);
      return camera;
    });
  }

  /**
   * Ends the visits in front of the camera and starts it again with other settings.
   * @throws RostroError `camera_not_found`, `camera_in_file`, `bad_request`, `storage_failed`
   */
  change(id: string, change: CameraChange): Promise<Camera> {
    return this.changes.run(async () => {
      const old = this.editable(id);
      if (change.source !== undefined) requireNoFile(change.source);
      const camera = this.create(changedCamera(old.settings, change), true);
      await this.keep(this.cameras.map((one) => (one === old ? camera : one)));
      await old.close();
      startIfEnabled(camera);
      return camera;
    });
  }

  /** @throws RostroError `camera_not_found`, `camera_in_file`, `storage_failed` */
  remove(id: string): Promise<void> {
    return this.changes.run(async () => {
      const old = this.editable(id);
      await this.keep(this.cameras.filter((one) => one !== old));
      await old.close();
    });
  }

  /**
   * Connects to a source that may become a camera. @returns a picture, a JPEG
   * @throws RostroError `camera_failed`, `bad_request`, `busy`
   */
  async try(settings: TriedCamera, signal: AbortSignal): Promise<Uint8Array> {
    requireNoFile(settings.source);
    return this.runTry(settings, signal);
  }

  /**
   * As {@link try}, with the settings of a camera, changed as given.
   * @throws RostroError `camera_not_found`, `camera_failed`, `bad_request`, `busy`
   */
  async tryChange(id: string, change: CameraChange, signal: AbortSignal): Promise<Uint8Array> {
    const { settings } = this.get(id);
    if (change.source !== undefined) requireNoFile(change.source);
    return this.runTry(changedCamera(settings, change), signal);
  }

  /** Removes the names of people who are not enrolled. */
  redactNames(isEnrolled: (name: string) => boolean): void {
    this.parts.events.redactNames(isEnrolled);
    for (const { watch } of this.cameras) watch.redactNames(isEnrolled);
  }

  /** Stops all cameras, which ends all visits with events. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.changes.idle();
    await Promise.all(this.cameras.map((camera) => camera.close()));
  }

  private async runTry(settings: TriedCamera, signal: AbortSignal): Promise<Uint8Array> {
    if (this.tries >= MAX_TRIES) throw new RostroError('busy', 'Other cameras are being tried; try again later.');
    this.tries++;
    try {
      return await tryCamera(this.parts.ffmpeg, settings, signal);
    } finally {
      this.tries--;
    }
  }

  private create(settings: CameraSettings, isEditable: boolean): Camera {
    const { events } = this.parts;
    return new Camera({ ...this.parts, settings, isEditable, publish: (event) => events.publish(event) });
  }

  private editable(id: string): Camera {
    const camera = this.get(id);
    if (camera.isEditable) return camera;
    throw new RostroError('camera_in_file', `The camera "${id}" is in CAMERAS_FILE: change it there, and start again.`);
  }

  /** Writes first: a camera that cannot be kept is not started. */
  private async keep(cameras: readonly Camera[]): Promise<void> {
    if (this.isClosed) throw new RostroError('not_ready', 'The server is stopping.');
    await this.parts.file.write(cameras.filter(({ isEditable }) => isEditable).map(({ settings }) => settings));
    this.cameras = cameras;
  }
}

function startIfEnabled(camera: Camera): void {
  if (camera.settings.enabled) void camera.start();
}
