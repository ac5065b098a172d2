import { availableParallelism, totalmem } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import {
  brokerUrl,
  count,
  databaseUrl,
  distance,
  embedder,
  margin,
  milliseconds,
  origins,
  port,
  probability,
  stageThresholds,
  topicPrefix,
  trustedProxies,
  yesOrNo,
} from './settings/readers.js';
import type { MqttSettings } from '../plugins/mqtt/topics.js';
import { RostroError } from '../shared/errors.js';
import { LOG_LEVELS, type LogLevel } from '../shared/logger.js';
import type { Margin } from '../faces/image/crop-area.js';

/** Every setting: environment variable -> how it is read, and its default. */
const SETTINGS = {
  ROSTRO_DATA: z.string().default('.'),
  DATABASE_URL: databaseUrl.optional(),
  HOST: z.string().default('127.0.0.1'),
  PORT: port.default(5000),
  ENGINE: z.enum(['onnxruntime', 'tfjs']).default('onnxruntime'),
  DETECTOR: z.enum(['auto', 'mtcnn', 'ssd', 'haar']).default('auto'),
  EMBEDDER: embedder.default('auto'),
  PROVIDER: z.enum(['auto', 'cpu', 'webgpu', 'cuda']).default('auto'),
  THRESHOLD: distance.optional(),
  MATCHER: z.enum(['nearest', 'knn', 'svm']).default('nearest'),
  SVM_KERNEL: z.enum(['linear', 'rbf']).default('rbf'),
  SEARCH: z.enum(['auto', 'exact', 'approximate', 'plain', 'pgvector']).default('auto'),
  MATCH_FAR: z.coerce.number().gt(0).max(0.5).default(0.01),
  MARGIN: margin.optional(),
  STANDARDISATION: z.enum(['fixed', 'prewhiten']).optional(),
  DETECT_MIN_FACE_PX: z.coerce.number().min(12).default(20),
  MTCNN_THRESHOLDS: stageThresholds.default([0.6, 0.7, 0.7]),
  MTCNN_FACTOR: z.coerce.number().gt(0).lt(1).default(0.709),
  SSD_MIN_CONFIDENCE: probability.default(0.5),
  MIN_FACE_PX: z.coerce.number().min(0).default(40),
  QUALITY_GATE: z.enum(['refuse', 'warn', 'off']).default('refuse'),
  WORKERS: count.optional(),
  THREADS: count.optional(),
  MAX_IMAGE_MB: z.coerce.number().gt(0).default(20),
  MAX_IMAGE_MEGAPIXELS: z.coerce.number().gt(0).default(50),
  MAX_FILES: count.default(20),
  MAX_REQUEST_MB: z.coerce.number().gt(0).default(100),
  MAX_IMPORT_MB: z.coerce.number().gt(0).default(4096),
  MAX_FACES: count.default(100),
  MAX_QUEUE: count.default(64),
  MAX_LIVE_SESSIONS: count.default(100),
  LIVE_DETECT_EVERY: count.default(10),
  AUDIT: z.enum(['changes', 'all', 'off']).default('changes'),
  RETENTION_DAYS: z.coerce.number().gt(0).max(36_500).optional(),
  CAMERAS_FILE: z.string().optional(),
  FFMPEG: z.string().default('ffmpeg'),
  WEBHOOKS_FILE: z.string().optional(),
  MQTT_URL: brokerUrl.optional(),
  MQTT_TOPIC: topicPrefix.default('rostro'),
  MQTT_DISCOVERY: topicPrefix.default('homeassistant'),
  LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
  LOG_FORMAT: z.enum(['text', 'json']).optional(),
  MAX_MEMORY_MB: count.optional(),
  REQUEST_DEADLINE_MS: milliseconds.default(30_000),
  HEADERS_TIMEOUT_MS: milliseconds.default(10_000),
  BODY_TIMEOUT_MS: milliseconds.default(120_000),
  MAX_CONNECTIONS: count.default(2048),
  RATE_LIMIT: z.coerce.number().int().min(0).default(6000),
  RATE_LIMIT_CHANGES: z.coerce.number().int().min(0).default(600),
  OPEN: yesOrNo.default(false),
  CORS_ORIGINS: origins.default([]),
  TRUST_PROXY: trustedProxies.default(0),
  HTTPS: yesOrNo.default(false),
  ENCRYPTION_KEY_FILE: z.string().optional(),
  TLS_CERT: z.string().optional(),
  TLS_KEY: z.string().optional(),
};

const schema = z.object(SETTINGS);

/** Settings whose text may hold a password. */
const SECRETS: ReadonlySet<string> = new Set(['DATABASE_URL', 'MQTT_URL']);

export type SettingName = keyof typeof SETTINGS;
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

export interface Config {
  /** Holds `model/`, `npy/`, `uploads/`, `embeddings/` and the cascade. Absolute. */
  readonly dataDir: string;
  /** What must survive besides the gallery: the certificate, thresholds and classifiers, the audit log. Absolute. */
  readonly stateDir: string;
  /** Of the PostgreSQL database that holds the gallery instead of `uploads/` and `embeddings/`; undefined for files. */
  readonly databaseUrl: string | undefined;
  /** Converted networks; safe to delete. Absolute. */
  readonly cacheDir: string;
  readonly host: string;
  readonly port: number;
  readonly engine: 'onnxruntime' | 'tfjs';
  readonly detector: 'auto' | 'mtcnn' | 'ssd' | 'haar';
  /** `auto`, `face-api`, `facenet` for the newest, or `facenet-` with a year or a version. */
  readonly embedder: string;
  /** What the embedding network runs on. */
  readonly provider: 'auto' | 'cpu' | 'webgpu' | 'cuda';
  /** Euclidean distance; undefined takes the calibrated one, or the embedder's own. */
  readonly threshold: number | undefined;
  readonly matcher: 'nearest' | 'knn' | 'svm';
  readonly svmKernel: 'linear' | 'rbf';
  /** Wanted share of strangers whom a trained matcher gives a name, 0..1. */
  readonly matchFar: number;
  /** How the gallery is searched; `auto` as suits how many examples it has, `pgvector` by the database. */
  readonly search: 'auto' | 'exact' | 'approximate' | 'plain' | 'pgvector';
  /** Undefined takes the embedder's own. */
  readonly margin: Margin | undefined;
  /** Of FaceNet's input; undefined takes the one that the network was trained with. */
  readonly standardisation: 'fixed' | 'prewhiten' | undefined;
  readonly detectMinFacePx: number;
  readonly mtcnnThresholds: readonly [number, number, number];
  readonly mtcnnFactor: number;
  readonly ssdMinConfidence: number;
  /** Shorter side of the smallest face that is enrolled. */
  readonly minFacePx: number;
  /** What happens to a smaller one; `off` passes no remark on any example. */
  readonly qualityGate: 'refuse' | 'warn' | 'off';
  readonly workers: number;
  readonly threadsPerWorker: number;
  /** Of the engine in the one thread that embeds. */
  readonly embeddingThreads: number;
  readonly maxImageBytes: number;
  readonly maxImagePixels: number;
  readonly maxFilesPerRequest: number;
  /** Of all photos of a request together. */
  readonly maxRequestBytes: number;
  /** Of all photos of one `POST /import` together. */
  readonly maxImportBytes: number;
  /** Faces of a photo that are embedded. */
  readonly maxFaces: number;
  /** Photos that may wait for a worker; more are refused. */
  readonly maxQueue: number;
  /** Cameras whose faces are followed at once; beyond it the one that was idle for longest is forgotten. */
  readonly maxLiveSessions: number;
  /** Frames of a camera, of which one is searched as a whole. */
  readonly liveDetectEvery: number;
  /** What the audit log tells of: changes, looks at photos too, or nothing. */
  readonly audit: 'changes' | 'all' | 'off';
  /** Examples are erased when they are older; undefined keeps them. */
  readonly retentionDays: number | undefined;
  /** JSON file that describes the server's own cameras; null for none. Absolute. */
  readonly camerasFile: string | null;
  /** The program that reads cameras, or where it lies. */
  readonly ffmpeg: string;
  /** JSON file that describes who is told of events; null for nobody. Absolute. */
  readonly webhooksFile: string | null;
  /** Null for no broker. */
  readonly mqtt: MqttSettings | null;
  readonly logLevel: LogLevel;
  /** Undefined: text at a terminal, JSON otherwise. */
  readonly logFormat: 'text' | 'json' | undefined;
  /** Resident memory above which workers are renewed. */
  readonly maxMemoryBytes: number;
  readonly requestDeadlineMs: number;
  /** How long a client may take to send the head of a request. */
  readonly headersTimeoutMs: number;
  /** How long it may take to send all of it. */
  readonly bodyTimeoutMs: number;
  readonly maxConnections: number;
  /** Requests a minute of one key, or of one address without; 0 is no limit. */
  readonly rateLimit: number;
  /** The same of those that change something. */
  readonly changesRateLimit: number;
  /** Whether a server without keys may be reached from elsewhere. */
  readonly open: boolean;
  /** Pages of other sites that may call this server. */
  readonly corsOrigins: readonly string[];
  /** Proxies before the server, whose word on a client's address counts: how many, or their addresses. */
  readonly trustProxy: number | readonly string[];
  /**
   * Files of the keys that crops and embeddings are encrypted with: the first writes, all of them read. Absolute; none
   * encrypts nothing.
   */
  readonly encryptionKeyFiles: readonly string[];
  /** Null serves plain HTTP. */
  readonly tls: null | 'self-signed' | { readonly cert: string; readonly key: string };
}

/** More workers than this are not taken unasked: each holds the detector's networks and a photo or two. */
const MAX_WORKERS = 8;
/** The detector's networks are too small for more. */
const MAX_THREADS_PER_WORKER = 4;

/** Of the memory that the machine, or its container, has. */
const MEMORY_SHARE = 0.75;

/**
 * Reads every setting once. An empty string counts as not set.
 * @throws RostroError `bad_config`, naming the setting and what it takes.
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    SETTING_NAMES.map((name) => [name, environment[name]?.trim()] as const).filter(([, value]) => value),
  );
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const name = String(issue.path[0]);
    const shown = SECRETS.has(name) ? '' : `=${environment[name] ?? ''}`;
    throw new RostroError('bad_config', `${name}${shown} is not usable: ${issue.message}`);
  }
  const settings = parsed.data;
  const cores = availableParallelism();
  const workers = settings.WORKERS ?? Math.min(cores, MAX_WORKERS);
  const dataDir = resolve(settings.ROSTRO_DATA);
  return Object.freeze({
    dataDir,
    stateDir: resolve(dataDir, '.state'),
    databaseUrl: settings.DATABASE_URL,
    cacheDir: resolve(dataDir, '.cache'),
    host: settings.HOST,
    port: settings.PORT,
    engine: settings.ENGINE,
    detector: settings.DETECTOR,
    embedder: settings.EMBEDDER,
    provider: providerChoice(settings),
    threshold: settings.THRESHOLD,
    matcher: settings.MATCHER,
    svmKernel: settings.SVM_KERNEL,
    matchFar: settings.MATCH_FAR,
    search: searchChoice(settings),
    margin: settings.MARGIN,
    standardisation: settings.STANDARDISATION,
    detectMinFacePx: settings.DETECT_MIN_FACE_PX,
    mtcnnThresholds: settings.MTCNN_THRESHOLDS,
    mtcnnFactor: settings.MTCNN_FACTOR,
    ssdMinConfidence: settings.SSD_MIN_CONFIDENCE,
    minFacePx: settings.MIN_FACE_PX,
    qualityGate: settings.QUALITY_GATE,
    workers,
    threadsPerWorker: settings.THREADS ?? Math.min(cores, MAX_THREADS_PER_WORKER),
    embeddingThreads: cores,
    maxImageBytes: Math.round(settings.MAX_IMAGE_MB * 1024 * 1024),
    maxImagePixels: Math.round(settings.MAX_IMAGE_MEGAPIXELS * 1e6),
    maxFilesPerRequest: settings.MAX_FILES,
    maxRequestBytes: Math.round(settings.MAX_REQUEST_MB * 1024 * 1024),
    maxImportBytes: Math.round(settings.MAX_IMPORT_MB * 1024 * 1024),
    maxFaces: settings.MAX_FACES,
    maxQueue: settings.MAX_QUEUE,
    maxLiveSessions: settings.MAX_LIVE_SESSIONS,
    liveDetectEvery: settings.LIVE_DETECT_EVERY,
    audit: settings.AUDIT,
    retentionDays: settings.RETENTION_DAYS,
    camerasFile: settings.CAMERAS_FILE === undefined ? null : resolve(settings.CAMERAS_FILE),
    ffmpeg: settings.FFMPEG,
    webhooksFile: settings.WEBHOOKS_FILE === undefined ? null : resolve(settings.WEBHOOKS_FILE),
    mqtt: mqttChoice(settings),
    logLevel: settings.LOG_LEVEL,
    logFormat: settings.LOG_FORMAT,
    maxMemoryBytes: settings.MAX_MEMORY_MB === undefined ? memoryShare() : settings.MAX_MEMORY_MB * 1024 * 1024,
    requestDeadlineMs: settings.REQUEST_DEADLINE_MS,
    headersTimeoutMs: settings.HEADERS_TIMEOUT_MS,
    bodyTimeoutMs: settings.BODY_TIMEOUT_MS,
    maxConnections: settings.MAX_CONNECTIONS,
    rateLimit: settings.RATE_LIMIT,
    changesRateLimit: settings.RATE_LIMIT_CHANGES,
    open: settings.OPEN,
    corsOrigins: settings.CORS_ORIGINS,
    trustProxy: settings.TRUST_PROXY,
    encryptionKeyFiles: pathsIn(settings.ENCRYPTION_KEY_FILE),
    tls: tlsChoice(settings),
  });
}

/** In the database it needs one, embeddings that can be read there, and nothing that learns from all of them here. */
function searchChoice(settings: z.infer<typeof schema>): Config['search'] {
  const { SEARCH, DATABASE_URL, ENCRYPTION_KEY_FILE, MATCHER } = settings;
  if (SEARCH !== 'pgvector') return SEARCH;
  const why =
    DATABASE_URL === undefined
      ? 'it searches in the database of DATABASE_URL, which is not set'
      : ENCRYPTION_KEY_FILE !== undefined
        ? 'the database cannot search embeddings that are encrypted (ENCRYPTION_KEY_FILE)'
        : MATCHER !== 'nearest'
          ? `MATCHER=${MATCHER} learns from all embeddings in memory; it goes with MATCHER=nearest`
          : null;
  if (why === null) return SEARCH;
  throw new RostroError('bad_config', `SEARCH=pgvector is not possible: ${why}.`);
}

function providerChoice({ ENGINE, PROVIDER }: z.infer<typeof schema>): Config['provider'] {
  if (ENGINE === 'onnxruntime' || PROVIDER === 'auto' || PROVIDER === 'cpu') return PROVIDER;
  throw new RostroError(
    'bad_config',
    `PROVIDER=${PROVIDER} is of ONNX Runtime; with ENGINE=tfjs the package of TensorFlow.js that is installed decides.`,
  );
}

function mqttChoice({ MQTT_URL: url, MQTT_TOPIC: prefix, MQTT_DISCOVERY: discovery }: z.infer<typeof schema>) {
  return url === undefined ? null : { url, prefix, discovery: discovery === 'off' ? null : discovery };
}

/** Several paths are separated by commas. */
function pathsIn(text = ''): readonly string[] {
  const paths = text.split(',').map((path) => path.trim());
  return paths.filter((path) => path !== '').map((path) => resolve(path));
}

function tlsChoice({ HTTPS, TLS_CERT, TLS_KEY }: z.infer<typeof schema>): Config['tls'] {
  if (TLS_CERT !== undefined && TLS_KEY !== undefined) return { cert: TLS_CERT, key: TLS_KEY };
  if (TLS_CERT !== undefined || TLS_KEY !== undefined) {
    throw new RostroError('bad_config', 'TLS_CERT and TLS_KEY go together; one of them is missing.');
  }
  return HTTPS ? 'self-signed' : null;
}

/** Without a container's limit Node.js answers 0, or more than any machine has. */
function memoryShare(): number {
  const limit = process.constrainedMemory();
  return MEMORY_SHARE * (limit > 0 ? Math.min(limit, totalmem()) : totalmem());
}
