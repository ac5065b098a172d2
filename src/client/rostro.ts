import { ServerModels, Settings } from './administration.js';
import { Attendance } from './attendance.js';
import { formBody, jsonBody, type Photo, photoBody } from './body.js';
import { Cameras } from './cameras.js';
import { Challenges } from './challenges.js';
import { Enrolment, type EnrolOptions } from './enrolment.js';
import { Deliveries, EventFeed, type EventOptions } from './events.js';
import { History } from './history.js';
import { Imports } from './imports.js';
import { Keys } from './keys.js';
import { LiveConnection, type LiveOptions } from './live.js';
import { type CallOptions, type RostroOptions, withQuery } from './options.js';
import { People } from './people.js';
import { Requester } from './requester.js';
import { Strangers } from './strangers.js';
import type {
  AppliedCalibration,
  AttributeName,
  BrowserSession,
  CalibrationReport,
  CameraEvent,
  Detection,
  EndedSession,
  Enrolled,
  Group,
  GroupList,
  Health,
  Integrations,
  HealthReport,
  LiveRecognition,
  LivenessPolicy,
  Readiness,
  Recognition,
  Status,
  ThresholdChoice,
  Uploaded,
  Verification,
} from './types.js';

/** How a photo is searched. */
export interface DetectOptions extends CallOptions {
  /** Whether overlapping parts of a large photo are searched too, for small faces; takes longer. */
  readonly tiles?: boolean | undefined;
  /** Whether the photo stands upright, as the picture of a camera does: other rotations are not tried. */
  readonly upright?: boolean | undefined;
  /** What to guess about each face. Not with `session`. */
  readonly attributes?: readonly AttributeName[] | undefined;
  /** Whether faces are judged to be living people. Default: as the server. See docs/liveness.md. */
  readonly liveness?: 'off' | 'report' | undefined;
}

export interface RecognizeOptions extends Omit<DetectOptions, 'liveness'> {
  /** Default: the server's. */
  readonly threshold?: number | undefined;
  /** Whether several faces of a photo may get the same name. */
  readonly duplicates?: boolean | undefined;
  /** Names only people of this group. */
  readonly group?: string | undefined;
  /** Whether to return the groups and metadata of the named people. */
  readonly details?: boolean | undefined;
  /** The photo is the next frame of a camera, whose faces are tracked. An id of 8 to 64 characters that is hard to guess. */
  readonly session?: string | undefined;
  /** `require` names only living people. Default: as the server. See docs/liveness.md. */
  readonly liveness?: LivenessPolicy | undefined;
}

export interface ExportOptions extends CallOptions {
  /** Encrypts the archive (AES-256-GCM, scrypt). */
  readonly passphrase?: string | undefined;
}

export interface VerifyOptions extends CallOptions {
  readonly threshold?: number | undefined;
  /** What to guess about both faces. */
  readonly attributes?: readonly AttributeName[] | undefined;
  /** With `require` only living people are `same`. Default: as the server. See docs/liveness.md. */
  readonly liveness?: LivenessPolicy | undefined;
}

/**
 * A Rostro server. All calls fail with a `RostroApiError` or with the reason of the caller's signal.
 * docs/http-api.md lists the error codes.
 */
export class Rostro {
  readonly people: People;
  readonly imports: Imports;
  readonly cameras: Cameras;
  readonly challenges: Challenges;
  readonly deliveries: Deliveries;
  readonly history: History;
  readonly attendance: Attendance;
  readonly keys: Keys;
  readonly strangers: Strangers;
  readonly settings: Settings;
  readonly model: ServerModels;
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
    this.challenges = new Challenges(this.server);
    this.deliveries = new Deliveries(this.server);
    this.history = new History(this.server);
    this.attendance = new Attendance(this.server);
    this.keys = new Keys(this.server);
    this.strangers = new Strangers(this.server);
    this.settings = new Settings(this.server);
    this.model = new ServerModels(this.server);
    this.session = new Login(this.server);
  }

  /** URL of the server without a trailing slash. */
  get url(): string {
    return this.server.url;
  }

  /**
   * Enrols a photo of one person under `name` or the file's name.
   * @throws RostroApiError `no_face`, `several_faces`, `face_too_small`, `not_an_image`, `bad_name`
   */
  enrol(photo: Photo, options: EnrolOptions = {}): Promise<Enrolled> {
    return this.enrolment.one(photo, options);
  }

  /**
   * Enrols several photos in one request, each under its file's name or all under `name`. `rejected` lists the photos that
   * were not enrolled. For more than some tens of photos use `imports.start`.
   * @throws RostroApiError `nothing_enrolled` if all are rejected, with the reason for each
   */
  enrolAll(photos: readonly Photo[], options: Omit<EnrolOptions, 'fileName'> = {}): Promise<Uploaded> {
    return this.enrolment.all(photos, options);
  }

  /** Names every face in a photo. A photo without faces gives an empty list. @throws RostroApiError `not_an_image` */
  recognize(photo: Photo, options: RecognizeOptions & { readonly session: string }): Promise<LiveRecognition>;
  recognize(photo: Photo, options?: RecognizeOptions): Promise<Recognition>;
  recognize(photo: Photo, given: RecognizeOptions = {}): Promise<Recognition | LiveRecognition> {
    const { threshold, duplicates, group, details, session, attributes: names, ...search } = given;
    const { tiles, upright, liveness, ...options } = search;
    const naming = { threshold, duplicates, group, details, session };
    const query = { ...naming, tiles, upright, attributes: names?.join(','), liveness };
    const path = withQuery('/recognize', query);
    return this.server.json({ method: 'POST', path, body: photoBody(photo), retryMode: 'reads' }, options);
  }

  /** Finds every face in a photo. @throws RostroApiError `not_an_image` */
  detect(photo: Photo, { tiles, upright, attributes, liveness, ...options }: DetectOptions = {}): Promise<Detection> {
    const path = withQuery('/detect', { tiles, upright, attributes: attributes?.join(','), liveness });
    return this.server.json({ method: 'POST', path, body: photoBody(photo), retryMode: 'reads' }, options);
  }

  /** Compares the largest faces of two photos. @throws RostroApiError `no_face`, with the number of the `photo` */
  verify(
    first: Photo,
    second: Photo,
    { threshold, attributes, liveness, ...options }: VerifyOptions = {},
  ): Promise<Verification> {
    const body = formBody([
      { name: 'file', file: first, fileName: 'first' },
      { name: 'file', file: second, fileName: 'second' },
    ]);
    const path = withQuery('/verify', { threshold, attributes: attributes?.join(','), liveness });
    return this.server.json({ method: 'POST', path, body, retryMode: 'reads' }, options);
  }

  /** All groups. */
  async groups(options?: CallOptions): Promise<readonly Group[]> {
    return (await this.server.json<GroupList>({ path: '/groups' }, options)).groups;
  }

  /** Streams the whole gallery as a ZIP archive for `rostro restore`. */
  export({ passphrase, ...options }: ExportOptions = {}): Promise<ReadableStream<Uint8Array>> {
    if (passphrase === undefined) return this.server.stream({ path: '/export' }, options);
    const body = jsonBody({ passphrase });
    return this.server.stream({ method: 'POST', path: '/export', body, retryMode: 'reads' }, options);
  }

  /**
   * The events of the server's cameras: `for await (const event of rostro.events())`. Reconnects and continues after the last
   * event, so that none comes twice and none is lost that the server still keeps. Leave the loop to disconnect.
   */
  events(options: EventOptions = {}): AsyncGenerator<CameraEvent, void> {
    return new EventFeed(this.server, options).events();
  }

  /** Sends the frames of a camera over a WebSocket. Connects at once. */
  live(options: LiveOptions = {}): LiveConnection {
    return new LiveConnection(`${this.server.url.replace(/^http/, 'ws')}/live`, this.server.key, options);
  }

  /** A report on thresholds for the gallery. @param far accepted share of strangers who get a name, up to 0.5 */
  calibration({
    far,
    ...options
  }: { readonly far?: number | undefined } & CallOptions = {}): Promise<CalibrationReport> {
    return this.server.json({ path: withQuery('/calibration', { far }) }, options);
  }

  /**
   * Uses another threshold from now on.
   * @throws RostroApiError `threshold_set` where the setting THRESHOLD is set; `too_few_examples` if no threshold is given and
   *   there is none to recommend
   */
  applyThreshold(choice: ThresholdChoice, options?: CallOptions): Promise<AppliedCalibration> {
    return this.server.json({ method: 'POST', path: '/calibration', body: jsonBody(choice) }, options);
  }

  /** The plugins, and the receivers of events. */
  integrations(options?: CallOptions): Promise<Integrations> {
    return this.server.json({ path: '/integrations' }, options);
  }

  /** Version, networks and settings of the server. */
  status(options?: CallOptions): Promise<Status> {
    return this.server.json({ path: '/status' }, options);
  }

  /** The state of the server and its gallery, with what needs attention. Needs the scope `admin`. */
  health(options?: CallOptions): Promise<HealthReport> {
    return this.server.json({ path: '/health' }, options);
  }

  /** Whether the process runs. */
  healthz(options?: CallOptions): Promise<Health> {
    return this.server.json({ path: '/healthz' }, options);
  }

  /**
   * Whether the server can work. Not retried by default; `ready({ retries: Infinity, timeoutMs: 30_000 })` waits for a server
   * that is starting.
   * @throws RostroApiError `not_ready`, whose details may contain the reason
   */
  ready({ retries = 0, ...options }: CallOptions = {}): Promise<Readiness> {
    return this.server.json({ path: '/readyz' }, { ...options, retries });
  }

  /** Metrics in the Prometheus text format. */
  metrics(options?: CallOptions): Promise<string> {
    return this.server.text({ path: '/metrics' }, options);
  }

  /** The OpenAPI document. */
  openapi(options?: CallOptions): Promise<Record<string, unknown>> {
    return this.server.json({ path: '/openapi.json' }, options);
  }
}

/** The login of a browser, kept in a cookie. Programs send a key instead. */
export class Login {
  constructor(private readonly server: Requester) {}

  /** The rights of the sender. A logged-in browser sends `csrfToken` as header `X-Csrf-Token` with every change. */
  get(options?: CallOptions): Promise<BrowserSession> {
    return this.server.json({ path: '/session' }, options);
  }

  /** @throws RostroApiError `unauthorised`, `too_many_requests` after wrong keys */
  begin(key: string, options?: CallOptions): Promise<BrowserSession> {
    const request = { method: 'POST', path: '/session', body: jsonBody({ key }), retryMode: 'once' } as const;
    return this.server.json(request, options);
  }

  /** @returns whether there was a login @throws RostroApiError `bad_csrf_token` */
  async end(options?: CallOptions): Promise<boolean> {
    return (await this.server.json<EndedSession>({ method: 'DELETE', path: '/session' }, options)).ended;
  }
}
