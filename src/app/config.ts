import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { RostroError } from '../shared/errors.js';
import { SETTING_NAMES, settingOf, type SettingName, type SettingValues } from './settings.js';

/** The settings of one run, frozen; `src/app/settings.ts` says what each of them means. */
export interface Config extends Omit<SettingValues, 'storage' | 'compute' | 'mqtt' | 'tls'> {
  /** The settings that the environment or a flag sets. */
  readonly given: readonly SettingName[];
  readonly storage: SettingValues['storage'] & {
    /** Certificate, thresholds, classifiers, audit log: needed besides the gallery. Absolute. */
    readonly stateDir: string;
    /** Converted networks; safe to delete. Absolute. */
    readonly cacheDir: string;
  };
  readonly compute: SettingValues['compute'] & {
    /** Threads of the inference engine in the thread that embeds. */
    readonly embeddingThreads: number;
  };
  /** Null without a broker. */
  readonly mqtt: (SettingValues['mqtt'] & { readonly url: string }) | null;
  /** Null for plain HTTP. */
  readonly tls: null | 'self-signed' | { readonly cert: string; readonly key: string };
}

/**
 * Reads every setting once. An empty string counts as not set.
 * @throws RostroError `bad_config`, with the setting and what it takes
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const values = readSettings(environment);
  const { dataDir } = values.storage;
  return frozen({
    ...values,
    given: SETTING_NAMES.filter((name) => environment[name]?.trim()),
    storage: { ...values.storage, stateDir: resolve(dataDir, '.state'), cacheDir: resolve(dataDir, '.cache') },
    compute: { ...values.compute, provider: checkedProvider(values), embeddingThreads: availableParallelism() },
    search: { ...values.search, mode: checkedSearch(values) },
    mqtt: mqttOf(values),
    tls: tlsOf(values),
  });
}

function readSettings(environment: Readonly<Record<string, string | undefined>>): SettingValues {
  const values: Record<string, Record<string, unknown>> = {};
  for (const name of SETTING_NAMES) {
    const { section, key, type, secret, default: byDefault } = settingOf(name);
    const given = environment[name]?.trim();
    const text = given ? given : typeof byDefault === 'function' ? byDefault() : byDefault;
    const parsed = text === undefined ? undefined : type.safeParse(text);
    if (parsed?.success === false) {
      const shown = secret ? '' : `=${environment[name] ?? ''}`;
      throw new RostroError('bad_config', `${name}${shown} is not usable: ${parsed.error.issues[0].message}`);
    }
    (values[section] ??= {})[key] = parsed?.data;
  }
  return values as unknown as SettingValues;
}

function frozen(config: Config): Config {
  for (const section of Object.values(config)) Object.freeze(section);
  return Object.freeze(config);
}

/** pgvector needs a database with readable embeddings, and no matcher that learns from all embeddings in memory. */
function checkedSearch({ search, storage }: SettingValues): Config['search']['mode'] {
  if (search.mode !== 'pgvector') return search.mode;
  const why =
    storage.databaseUrl === undefined
      ? 'it searches in the database of DATABASE_URL, which is not set'
      : storage.encryptionKeyFiles.length > 0
        ? 'the database cannot search embeddings that are encrypted (ENCRYPTION_KEY_FILE)'
        : search.matcher !== 'nearest'
          ? `MATCHER=${search.matcher} learns from all embeddings in memory; it goes with MATCHER=nearest`
          : null;
  if (why === null) return search.mode;
  throw new RostroError('bad_config', `SEARCH=pgvector is not possible: ${why}.`);
}

function checkedProvider({ compute: { engine, provider } }: SettingValues): Config['compute']['provider'] {
  if (engine === 'onnxruntime' || provider === 'auto' || provider === 'cpu') return provider;
  throw new RostroError(
    'bad_config',
    `PROVIDER=${provider} is of ONNX Runtime; with ENGINE=tfjs the package of TensorFlow.js that is installed decides.`,
  );
}

function mqttOf({ mqtt: { url, prefix, discovery } }: SettingValues): Config['mqtt'] {
  return url === undefined ? null : { url, prefix, discovery };
}

function tlsOf({ tls: { https, cert, key }, server: { hstsDays } }: SettingValues): Config['tls'] {
  if (cert !== undefined && key !== undefined) return { cert, key };
  if (hstsDays > 0) {
    throw new RostroError('bad_config', 'HSTS_DAYS needs a certificate that browsers trust: TLS_CERT and TLS_KEY.');
  }
  if (cert !== undefined || key !== undefined) {
    throw new RostroError('bad_config', 'TLS_CERT and TLS_KEY go together; one of them is missing.');
  }
  return https ? 'self-signed' : null;
}
