import type { Database } from './database.js';
import { refuseMissing, storedContracts } from './missing-vectors.js';
import { keepOut } from './running-contracts.js';
import { searchTable } from './vector-index.js';

export interface ForgottenVectors {
  readonly contract: string;
  /** Null where a server reads them, and nothing was deleted. */
  readonly deleted: number | null;
}

/**
 * Deletes the vectors of all other embedders than this one, but for those that running servers read.
 * @throws RostroError `gallery_contract_mismatch` where examples have no vector of this one; nothing was deleted then
 */
export async function forgetVectors(
  database: Database,
  kept: { readonly id: string; readonly name: string },
): Promise<ForgottenVectors[]> {
  return database.change(async (session) => {
    await session.query('SET LOCAL statement_timeout = 0');
    await session.query('SELECT 1 FROM rostro.gallery FOR UPDATE');
    await refuseMissing(session, kept);
    const forgotten: ForgottenVectors[] = [];
    for (const { contract, vectors } of await storedContracts(session)) {
      if (contract === kept.id) continue;
      const isUnused = await keepOut(session, contract);
      forgotten.push({ contract, deleted: isUnused ? vectors : null });
      if (!isUnused) continue;
      await session.query('DELETE FROM rostro.vectors WHERE contract = $1', [contract]);
      await session.query(`DROP TABLE IF EXISTS ${searchTable(contract)}`);
    }
    return forgotten;
  });
}
