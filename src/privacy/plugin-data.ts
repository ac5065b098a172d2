import type { z } from 'zod';
import type { Gallery, Person } from '../gallery/gallery.js';
import type { Database } from '../gallery/postgres/database.js';
import type { Vault } from '../gallery/sealing/vault.js';

/**
 * Personal data that a plugin keeps outside the gallery. It is erased, backed up, restored and migrated with the
 * gallery.
 */
export interface PluginData {
  /** Its field in the manifest of a backup and in the reports of a restore and a migration. */
  readonly field: string;
  /** What the entries are, for these reports: `names without photos`. */
  readonly title: string;
  /** Paths of its files, which are encrypted with the gallery; none for a database. */
  readonly files: readonly string[];
  /** Of the entries in a backup. Its transforms may throw a RostroError. */
  readonly schema: z.ZodType<readonly unknown[]>;
  /** All entries, as JSON values. @throws RostroError `storage_failed`, `database_unreachable` */
  all(): Promise<readonly unknown[]>;
  /**
   * Adds entries of a backup or of another place. Entries that exist are left alone.
   * @returns how many were added
   * @throws RostroError `storage_failed`, `database_unreachable`
   */
  addAll(entries: readonly unknown[], gallery: Pick<Gallery, 'people'>): Promise<number>;
  /** Erases a person's entries. @throws RostroError `storage_failed`, `database_unreachable` */
  forget(person: Pick<Person, 'name' | 'groups'>): Promise<void>;
}

/** Where a plugin keeps its data: in the database if there is one, otherwise in the state folder. */
export interface DataPlace {
  readonly stateDir: string;
  readonly database: Database | null;
  /** For files: encrypts what contains names. */
  readonly vault: Vault;
}

/** The entries of one plugin that a restore or a migration has added. */
export interface AddedData extends Pick<PluginData, 'field' | 'title'> {
  readonly added: number;
}

/** A report with the number of added entries of each plugin in the plugin's own field, as JSON output has it. */
export function withPluginFields<T extends { readonly pluginData: readonly AddedData[] }>({
  pluginData,
  ...report
}: T) {
  return { ...report, ...Object.fromEntries(pluginData.map(({ field, added }) => [field, added])) };
}
