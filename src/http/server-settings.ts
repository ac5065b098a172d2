/** A value as JSON: a number, a word, or null for off. */
export type SettingValue = string | number | null;

/** New values by name; null for the default. */
export type SettingChanges = Readonly<Record<string, SettingValue>>;

/** A setting that an administrator may change while the server runs. */
export interface SettingState {
  readonly name: string;
  readonly value: SettingValue;
  readonly default: SettingValue;
  /** `set` by the environment or a flag, so it cannot be changed; `stored` by an administrator; or the `default`. */
  readonly source: 'set' | 'stored' | 'default';
  readonly unit: string | null;
  /** Null for a number. */
  readonly choices: readonly string[] | null;
}

/** What a change erases, as numbers. */
export interface Erased {
  readonly examples: number;
  readonly people: number;
  readonly sightings: number;
}

/** The settings that may change while the server runs. */
export interface ServerSettings {
  list(): SettingState[];
  /** What these changes would erase. @throws RostroError as {@link change} */
  erasedBy(changes: SettingChanges): Promise<Erased>;
  /**
   * Stores all of these or none, uses them at once, and records them in the audit log.
   * @throws RostroError `bad_request`, `setting_fixed`, `liveness_unavailable`, `storage_failed`, `database_unreachable`
   */
  change(changes: SettingChanges): Promise<void>;
}
