import { formBody, jsonBody, photoBody } from './body.js';
import { Cameras } from './cameras.js';
import { Deliveries } from './deliveries.js';
import { Enrolment, type EnrolOptions } from './enrolment.js';
import { EventFeed, type EventOptions } from './events.js';
import { Imports } from './imports.js';
import { LiveConnection, type LiveOptions } from './live.js';
import { Login } from './login.js';
import { type CallOptions, type RostroOptions, withQuery } from './options.js';
import { People } from './people.js';
import type { Photo } from './photo.js';
import { Requester } from './requester.js';
import type {
  CalibrationReport,
  CameraEvent,
  Detection,
  Enrolled,
  Group,
  GroupList,
  Health,
  LiveRecognition,
  Readiness,
  Recognition,
  Status,
  Uploaded,
  Verification,
} from './types.js';

export interface RecognizeOptions extends CallOptions {
  /** In place of the server's. */
  readonly threshold?: number | undefined;
  /** Whether one person may be several faces of the photo. */
  readonly duplicates?: boolean | undefined;
  /** Only people of this group are named. */
  readonly group?: string | undefined;
  /** Whether groups and metadata of whoever is named are told. */
  readonly details?: boolean | undefined;
  /** The photo is the next frame of a camera, 8 to 64 letters that are hard to guess; its faces are followed. */
  readonly session?: string | undefined;
}

export interface ExportOptions extends CallOptions {
  /** Seals the archive: AES-256-GCM, scrypt. */
  readonly passphrase?: string | undefined;
}

export interface VerifyOptions extends CallOptions {
  readonly threshold?: number | undefined;
}

/**
 * A Rostro server. All calls fail with a `RostroApiError`, or with the reason of the signal that ends them; which codes there
 * are is in README's table.
 */
export class Rostro {
  readonly people: People;
  readonly imports: Imports;
  readonly cameras: Cameras;
  readonly deliveries: Deliveries;
  readonly session: Login;
  private readonly server: Requester;
  private readonly enrolment: Enrolment;

  /** @throws TypeError without a usable `url` */
  constructor(options: RostroOptions = {}) {
    this.server = new Requester(options);
    this.enrolment = new Enrolment(this.server);
    this.people = new People(this.server);
    this.imports = new Imports(this.server);
    this.cameras = new Cameras(this.server);
    this.deliveries = new Deliveries(this.server);
    this.session = new Login(this.server);
  }

  /** Of the server's root, without a slash at its end. */
  get url(): string {
    return this.server.url;
  }

  /**
   * Takes a photo of one person into the gallery, under `name` or the file's name.
   * @throws RostroApiError `no_face`, `several_faces`, `face_too_small`, `not_an_image`, `bad_name`
   */
  enrol(photo: Photo, options: EnrolOptions = {}): Promise<Enrolled> {
    return this.enrolment.one(photo, options);
  }

  /**
   * Several photos in one request, each under its file's name, or all of one person. Some may be refused: they are in
   * `rejected`. For more than some tens there is `imports.start`.
   * @throws RostroApiError `nothing_enrolled` where all are refused, with the reason of each
   */
  enrolAll(photos: readonly Photo[], options: Omit<EnrolOptions, 'fileName'> = {}): Promise<Uploaded> {
    return this.enrolment.all(photos, options);
  }

  /** Names every face in a photo; nobody in it is no failure. @throws RostroApiError `not_an_image` */
  recognize(photo: Photo, options: RecognizeOptions & { readonly session: string }): Promise<LiveRecognition>;
  recognize(photo: Photo, options?: RecognizeOptions): Promise<Recognition>;
  recognize(photo: Photo, given: RecognizeOptions = {}): Promise<Recognition> {
    const { threshold, duplicates, group, details, session, ...options } = given;
    const path = withQuery('/recognize', { threshold, duplicates, group, details, session });
    return this.server.json({ method: 'POST', path, body: photoBody(photo), repeat: 'reads' }, options);
  }

  /** Finds every face in a photo. @throws RostroApiError `not_an_image` */
  detect(photo: Photo, options?: CallOptions): Promise<Detection> {
    return this.server.json({ method: 'POST', path: '/detect', body: photoBody(photo), repeat: 'reads' }, options);
  }

  /** Compares the largest faces of two photos. @throws RostroApiError `no_face`, whose details say on which `photo` */
  verify(first: Photo, second: Photo, { threshold, ...options }: VerifyOptions = {}): Promise<Verification> {
    const body = formBody([
      { name: 'file', file: first, fileName: 'first' },
      { name: 'file', file: second, fileName: 'second' },
    ]);
    const path = withQuery('/verify', { threshold });
    return this.server.json({ method: 'POST', path, body, repeat: 'reads' }, options);
  }

  /** Every group that somebody is in. */
  async groups(options?: CallOptions): Promise<readonly Group[]> {
    return (await this.server.json<GroupList>({ path: '/groups' }, options)).groups;
  }

  /** Everybody who is enrolled, as one ZIP archive for `rostro restore`, while it is made. */
  export({ passphrase, ...options }: ExportOptions = {}): Promise<ReadableStream<Uint8Array>> {
    if (passphrase === undefined) return this.server.stream({ path: '/export' }, options);
    const body = jsonBody({ passphrase });
    return this.server.stream({ method: 'POST', path: '/export', body, repeat: 'reads' }, options);
  }

  /**
   * What the cameras tell: `for await (const event of rostro.events())`. A connection that breaks is made anew and goes on after
   * the last event: none is lost, as far as the server keeps them, and none comes twice. Leaving the loop ends it.
   */
  events(options: EventOptions = {}): AsyncGenerator<CameraEvent, void> {
    return new EventFeed(this.server, options).events();
  }

  /** A camera of one's own, frame by frame over a WebSocket. It is connected at once. */
  live(options: LiveOptions = {}): LiveConnection {
    return new LiveConnection(`${this.server.url.replace(/^http/, 'ws')}/live`, this.server.key, options);
  }

  /** Which threshold suits the gallery. @param far wanted share of strangers who are given a name, up to 0.5 */
  calibration({
    far,
    ...options
  }: { readonly far?: number | undefined } & CallOptions = {}): Promise<CalibrationReport> {
    return this.server.json({ path: withQuery('/calibration', { far }) }, options);
  }

  /** What runs. */
  status(options?: CallOptions): Promise<Status> {
    return this.server.json({ path: '/status' }, options);
  }

  /** The process answers. */
  healthz(options?: CallOptions): Promise<Health> {
    return this.server.json({ path: '/healthz' }, options);
  }

  /**
   * Whether it can work; not tried again unless that is asked for: `ready({ retries: Infinity, timeoutMs: 30_000 })` waits for a
   * server that is being started.
   * @throws RostroApiError `not_ready`, whose details may have the reason
   */
  ready({ retries = 0, ...options }: CallOptions = {}): Promise<Readiness> {
    return this.server.json({ path: '/readyz' }, { ...options, retries });
  }

  /** The figures, as Prometheus reads them. */
  metrics(options?: CallOptions): Promise<string> {
    return this.server.text({ path: '/metrics' }, options);
  }

  /** The description of the whole API. */
  openapi(options?: CallOptions): Promise<Record<string, unknown>> {
    return this.server.json({ path: '/openapi.json' }, options);
  }
}
