import { Database } from './database.js';
import { migrate } from './migrate.js';

/**
 * Connects, and brings the schema up to date.
 * @throws RostroError `database_unreachable`, `database_incompatible`, `bad_config` where the database lets nobody in
 */
export async function openDatabase(url: string): Promise<Database> {
  const database = new Database(url);
  try {
    await migrate(database);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}
