/**
 * @typedef {'insecure' | 'unsupported' | 'refused' | 'none' | 'busy' | 'failed'} CameraFault
 * @typedef {{ onLost: () => void, onMuted: (muted: boolean) => void }} CameraEvents
 */

const STORED_CAMERA = 'rostro.camera';
/**
 * Enough for an enrolment; a larger picture costs time and makes a face no clearer at 640 px. Browsers prefer 30 frames a
 * second where a page does not ask for more.
 */
const VIDEO = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 60 } };

/** The browser's error names. Source: Media Capture and Streams, getUserMedia. @type {Record<string, CameraFault>} */
const FAULTS = {
  NotAllowedError: 'refused',
  SecurityError: 'refused',
  NotFoundError: 'none',
  NotReadableError: 'busy',
  AbortError: 'busy',
};

export class CameraError extends Error {
  /** @param {CameraFault} fault @param {unknown} [cause] */
  constructor(fault, cause) {
    super(`camera: ${fault}`, { cause });
    this.fault = fault;
  }
}

/** Why no camera can be asked for at all, or null. @returns {CameraFault | null} */
export function cameraObstacle() {
  if (!window.isSecureContext) return 'insecure';
  return 'mediaDevices' in navigator ? null : 'unsupported';
}

/** The webcam in a `<video>`; at most one at a time, none after `stop`. */
export class Camera {
  /** @type {MediaStream | null} */
  #stream = null;
  #turn = 0;

  /** @param {HTMLVideoElement} video @param {CameraEvents} events */
  constructor(video, events) {
    this.video = video;
    this.events = events;
  }

  /**
   * Opens the camera that was chosen last, or any, and plays it.
   * @returns {Promise<boolean>} false if it was stopped meanwhile
   * @throws {CameraError}
   */
  async start() {
    this.stop();
    const turn = this.#turn;
    const stream = await open(localStorage.getItem(STORED_CAMERA));
    if (turn !== this.#turn) {
      release(stream);
      return false;
    }
    this.#take(stream);
    return true;
  }

  /** Resumes after the browser paused it. */
  play() {
    void this.video.play().catch(() => undefined);
  }

  /** Releases the camera, which turns its light off. */
  stop() {
    this.#turn++;
    if (this.#stream) release(this.#stream);
    this.#stream = null;
    this.video.srcObject = null;
  }

  /** The id of the current camera. */
  get current() {
    return this.#stream?.getVideoTracks()[0]?.getSettings().deviceId ?? null;
  }

  /** @param {string} deviceId for the next `start` and for the next visit */
  choose(deviceId) {
    localStorage.setItem(STORED_CAMERA, deviceId);
  }

  /** @param {MediaStream} stream */
  #take(stream) {
    this.#stream = stream;
    const [track] = stream.getVideoTracks();
    track.onended = () => stream === this.#stream && this.events.onLost();
    track.onmute = () => this.events.onMuted(true);
    track.onunmute = () => this.events.onMuted(false);
    this.video.srcObject = stream;
    this.play();
  }
}

/** @param {string | null} deviceId @returns {Promise<MediaStream>} */
async function open(deviceId) {
  const obstacle = cameraObstacle();
  if (obstacle) throw new CameraError(obstacle);
  const device = deviceId === null ? {} : { deviceId: { exact: deviceId } };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: false, video: { ...VIDEO, ...device } });
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    if (name === 'OverconstrainedError' && deviceId !== null) return open(null);
    throw new CameraError(FAULTS[name] ?? 'failed', error);
  }
}

/** @param {MediaStream} stream */
function release(stream) {
  for (const track of stream.getTracks()) {
    track.onended = track.onmute = track.onunmute = null;
    track.stop();
  }
}

/** Every camera of this machine; names are there once one was allowed. @returns {Promise<MediaDeviceInfo[]>} */
export async function cameras() {
  const devices = (await navigator.mediaDevices?.enumerateDevices().catch(() => null)) ?? [];
  return devices.filter(({ kind }) => kind === 'videoinput');
}
