import { Option, type Command } from 'commander';
import { readConfig, type Config, type SettingName } from '../app/config.js';

/** Settings that have a flag; all of them can be given as environment variables. */
const FLAGS: readonly (readonly [flag: string, setting: SettingName, description: string])[] = [
  ['--data <dir>', 'ROSTRO_DATA', 'folder of model/, npy/, uploads/ and embeddings/ (default: this folder)'],
  ['--database <url>', 'DATABASE_URL', 'keep the gallery in this PostgreSQL database: postgres://user@host/name'],
  ['--detector <name>', 'DETECTOR', 'auto, mtcnn, ssd or haar'],
  ['--embedder <name>', 'EMBEDDER', 'auto, face-api, facenet, or one of several: facenet-2018'],
  ['--engine <name>', 'ENGINE', 'onnxruntime or tfjs: who runs the networks'],
  ['--provider <name>', 'PROVIDER', 'auto, cpu, webgpu or cuda: what embeds the faces'],
  ['--threshold <distance>', 'THRESHOLD', 'Euclidean distance up to which two faces are one person'],
  ['--matcher <name>', 'MATCHER', 'nearest, knn or svm'],
  ['--search <how>', 'SEARCH', 'auto, exact, approximate, plain or pgvector: how the gallery is searched'],
  ['--margin <size>', 'MARGIN', 'around the face for FaceNet: a share (38%) or pixels (44px, as the original system)'],
  [
    '--standardisation <name>',
    'STANDARDISATION',
    "fixed or prewhiten, of FaceNet's input (default: as it was trained)",
  ],
  ['--min-face <px>', 'DETECT_MIN_FACE_PX', 'smallest face that MTCNN and Haar look for, pixels'],
  ['--encryption-key-file <file>', 'ENCRYPTION_KEY_FILE', 'encrypt crops and embeddings with the key in this file'],
  ['--workers <n>', 'WORKERS', 'threads that decode photos and find faces'],
  ['--threads <n>', 'THREADS', 'threads of the inference engine in each worker'],
];

const SERVER_FLAGS: typeof FLAGS = [
  ['--cameras <file>', 'CAMERAS_FILE', 'JSON file that describes the cameras to watch'],
  ['--host <address>', 'HOST', 'address to listen on (default: 127.0.0.1)'],
  ['--port <n>', 'PORT', 'port to listen on (default: 5000)'],
  ['--open', 'OPEN', 'without access keys, let everybody in who can reach the address'],
  ['--https', 'HTTPS', 'serve HTTPS with a self-signed certificate, or with TLS_CERT and TLS_KEY'],
];

/** Adds the flags that choose networks and folders. */
export function withSettings(command: Command): Command {
  return addFlags(command, FLAGS);
}

export function withServerSettings(command: Command): Command {
  return addFlags(command, SERVER_FLAGS);
}

/**
 * The frozen configuration of this run: flags win over the environment.
 * @param defaults of this command, where neither says anything
 * @param fixed by this command, whatever they say
 * @throws RostroError `bad_config`
 */
export function configOf(
  command: Command,
  defaults: Partial<Record<SettingName, string>> = {},
  fixed: Partial<Record<SettingName, string>> = {},
): Config {
  const given: Record<string, unknown> = command.opts();
  const overrides = [...FLAGS, ...SERVER_FLAGS].flatMap(([flag, setting]) => {
    const value = given[new Option(flag).attributeName()];
    return typeof value === 'string' || value === true ? [[setting, String(value)] as const] : [];
  });
  const set = Object.entries(process.env).filter(([, value]) => value?.trim());
  return readConfig({ ...defaults, ...Object.fromEntries(set), ...Object.fromEntries(overrides), ...fixed });
}

function addFlags(command: Command, flags: typeof FLAGS): Command {
  for (const [flag, setting, description] of flags) command.option(flag, `${description} [${setting}]`);
  return command;
}
