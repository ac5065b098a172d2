import { z } from 'zod';
import type { Erased, ServerSettings, SettingChanges, SettingState, SettingValue } from '../http/server-settings.js';
import type { Pipeline } from '../faces/pipeline/pipeline.js';
import type { History } from '../history/history.js';
import type { AuditTrail } from '../privacy/audit/trail.js';
import type { Retention } from '../privacy/retention.js';
import { RostroError } from '../shared/errors.js';
import { SerialQueue } from '../shared/queue.js';
import type { Config } from './config.js';
import { CHANGEABLE_NAMES, type ChangeableName, type ChangeableValues, settingOf } from './settings.js';
import type { SettingsStore, StoredSettings } from './settings-store.js';

/** What a running server does with a setting. */
export interface SettingEffect<V> {
  /** Uses the value from now on. */
  readonly apply?: (value: V) => Promise<void>;
  /** @throws RostroError where this server cannot use the value */
  readonly check?: (value: V) => void;
  /** What the value would erase. */
  readonly erases?: (value: V) => Promise<Partial<Erased>>;
}

/** A new changeable setting needs its line here. */
export type SettingEffects = { readonly [N in ChangeableName]: SettingEffect<ChangeableValues[N]> };

/** Between two readings of what other servers have stored. */
const CHECK_EVERY_MS = 2000;

/**
 * The settings that may change while a server runs. What the environment or a flag sets stays; else what an administrator
 * has stored counts; else the default.
 */
export class LiveSettings implements ServerSettings {
  private readonly changes = new SerialQueue();
  private effects: SettingEffects | null = null;
  private ticker: NodeJS.Timeout | null = null;
  private stored: StoredSettings = {};
  private current: ChangeableValues;

  private constructor(
    private readonly config: Config,
    private readonly store: SettingsStore,
    private readonly trail: AuditTrail,
  ) {
    this.current = this.valuesOf({});
  }

  /** @throws RostroError `bad_config` for a stored value that is not usable; `storage_failed`, `database_unreachable` */
  static async open(config: Config, store: SettingsStore, trail: AuditTrail): Promise<LiveSettings> {
    const settings = new LiveSettings(config, store, trail);
    await settings.use(await store.load());
    return settings;
  }

  get values(): ChangeableValues {
    return this.current;
  }

  /** Whether the environment or a flag sets it: it cannot be changed here. */
  isFixed(name: ChangeableName): boolean {
    return this.config.given.includes(name);
  }

  /** Applies changes from now on, also those of other servers that share the database. */
  watch(effects: SettingEffects): void {
    this.effects = effects;
    const reload = () => this.changes.run(async () => this.use(await this.store.load()));
    // While the store cannot be read, the last values stay in use.
    this.ticker ??= setInterval(() => void reload().catch(() => undefined), CHECK_EVERY_MS).unref();
  }

  close(): void {
    if (this.ticker) clearInterval(this.ticker);
    this.ticker = null;
  }

  list(): SettingState[] {
    return CHANGEABLE_NAMES.map((name) => {
      const { unit = null, type } = settingOf(name);
      const isStored = (this.stored[name] ?? null) !== null;
      return {
        name,
        value: asJson(this.current[name]),
        default: asJson(defaultOf(name)),
        source: this.isFixed(name) ? 'set' : isStored ? 'stored' : 'default',
        unit,
        choices: type instanceof z.ZodEnum ? type.options.map(String) : null,
      };
    });
  }

  async erasedBy(given: SettingChanges): Promise<Erased> {
    const all = { examples: 0, people: 0, sightings: 0 };
    for (const { name, value } of this.checked(given)) {
      Object.assign(all, await this.effectOf(name)?.erases?.(value));
    }
    return all;
  }

  change(given: SettingChanges): Promise<void> {
    return this.changes.run(async () => {
      const changes = this.checked(given);
      const texts = Object.fromEntries(changes.map(({ name, text }) => [name, text]));
      const facts = () => Object.fromEntries(changes.map(({ name, value }) => [name, asJson(value)]));
      await this.trail.change('configure', null, () => this.store.save(texts), facts);
      await this.use({ ...this.stored, ...texts });
    });
  }

  private checked(given: SettingChanges) {
    return Object.entries(given).map(([key, json]) => {
      const name = CHANGEABLE_NAMES.find((one) => one === key);
      if (name === undefined) {
        const message = `${key} cannot be changed while the server runs; ${CHANGEABLE_NAMES.join(', ')} can.`;
        throw new RostroError('bad_request', message);
      }
      if (this.isFixed(name)) {
        const message = `${name} is set on this server; remove it from its environment to change it here.`;
        throw new RostroError('setting_fixed', message, { details: { setting: name } });
      }
      const text = json === null ? null : String(json);
      const value = valueOf(name, text, 'bad_request');
      this.effectOf(name)?.check?.(value);
      return { name, text, value };
    });
  }

  private async use(stored: StoredSettings): Promise<void> {
    const before = this.current;
    this.current = this.valuesOf(stored);
    this.stored = stored;
    for (const name of CHANGEABLE_NAMES) {
      if (this.current[name] !== before[name]) await this.effectOf(name)?.apply?.(this.current[name]);
    }
  }

  private valuesOf(stored: StoredSettings): ChangeableValues {
    const valueIn = (name: ChangeableName): unknown => {
      const { section, key } = settingOf(name);
      if (this.isFixed(name)) return (this.config[section] as Record<string, unknown>)[key];
      return valueOf(name, stored[name] ?? null, 'bad_config');
    };
    return Object.fromEntries(CHANGEABLE_NAMES.map((name) => [name, valueIn(name)])) as ChangeableValues;
  }

  private effectOf(name: ChangeableName): SettingEffect<unknown> | undefined {
    return this.effects?.[name] as SettingEffect<unknown> | undefined;
  }
}

/** @param text null for the default @throws RostroError with this code */
function valueOf(name: ChangeableName, text: string | null, code: 'bad_config' | 'bad_request'): unknown {
  if (text === null) return defaultOf(name);
  const parsed = settingOf(name).type.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new RostroError(code, `${name}=${text} is not usable: ${parsed.error.issues[0].message}`);
}

function defaultOf(name: ChangeableName): unknown {
  const { default: byDefault, type } = settingOf(name);
  if (byDefault === undefined) return undefined;
  return type.parse(typeof byDefault === 'function' ? byDefault() : byDefault);
}

function asJson(value: unknown): SettingValue {
  return typeof value === 'number' || typeof value === 'string' ? value : null;
}

interface EffectParts {
  readonly history: History;
  readonly retention: Retention;
  readonly pipeline: Pick<Pipeline, 'info'>;
}

/** What changes of the settings do to a running server. */
export function settingEffects({ history, retention, pipeline }: EffectParts): SettingEffects {
  return {
    HISTORY_DAYS: {
      apply: (days) => history.setDays(days),
      erases: async (days) => ({ sightings: await history.countOlder(days) }),
    },
    STRANGER_DAYS: {
      apply: (days) => history.setDays(history.days, days),
      erases: async (days) => ({ sightings: await history.countOlder(history.days, days) }),
    },
    RETENTION_DAYS: {
      apply: (days) => Promise.resolve(retention.setDays(days ?? null)),
      erases: (days) => retention.olderThan(days ?? null),
    },
    LIVENESS: {
      check(policy) {
        if (policy !== 'require' || pipeline.info.livenessThreshold !== null) return;
        throw new RostroError(
          'liveness_unavailable',
          'The networks that judge whether a face is a living person are not loaded: run "rostro models pull liveness", then start the server again.',
        );
      },
    },
  };
}
