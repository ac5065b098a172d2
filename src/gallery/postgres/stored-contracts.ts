import { RostroError } from '../../shared/errors.js';
import type { Session } from './database.js';

interface NamedContract {
  readonly id: string;
  readonly name: string;
}

/** An embedder with vectors in the database. */
export interface StoredContract {
  readonly contract: string;
  readonly vectors: number;
  /** Number of examples without a vector of this embedder. */
  readonly missing: number;
}

/** Sorted: the embedder of the last enrolment first, then by the number of vectors. */
export async function storedContracts(session: Session): Promise<StoredContract[]> {
  const rows = await session.query<{ contract: string; vectors: number; missing: number }>(
    `SELECT v.contract, count(*) AS vectors, (SELECT count(*) FROM rostro.examples) - count(*) AS missing
     FROM rostro.vectors v CROSS JOIN rostro.gallery g
     GROUP BY v.contract, g.contract ORDER BY v.contract IS NOT DISTINCT FROM g.contract DESC, vectors DESC, v.contract`,
  );
  return rows;
}

/** The name of the embedder of the last enrolment; null without examples. */
export async function embedderOfDatabase(session: Session): Promise<string | null> {
  const rows = await session.query<{ embedder: string | null }>(
    'SELECT embedder FROM rostro.gallery WHERE EXISTS (SELECT 1 FROM rostro.examples)',
  );
  return rows.at(0)?.embedder ?? null;
}

/** @throws RostroError `gallery_contract_mismatch` where an example has no vector of this embedder */
export async function refuseMissing(session: Session, running: NamedContract): Promise<void> {
  const [{ missing, examples, contract, embedder }] = await session.query<{
    missing: number;
    examples: number;
    contract: string | null;
    embedder: string | null;
  }>(
    `SELECT count(*) FILTER (WHERE v.example IS NULL) AS missing, count(*) AS examples,
       (SELECT contract FROM rostro.gallery) AS contract, (SELECT embedder FROM rostro.gallery) AS embedder
     FROM rostro.examples e LEFT JOIN rostro.vectors v ON v.example = e.key AND v.contract = $1`,
    [running.id],
  );
  if (missing === 0) return;
  if (missing === examples && contract !== null && contract !== running.id) {
    throw otherContract({ id: contract, name: embedder ?? '' }, running);
  }
  throw new RostroError(
    'gallery_contract_mismatch',
    `${missing} of ${examples} examples in the database have no embedding of ${running.name} (${running.id}): ` +
      `${command(running)} makes them from the kept crops.`,
    { details: { examples: missing, runningContract: running.id } },
  );
}

/** For a database without vectors of the running embedder. */
export function otherContract(stored: NamedContract, running: NamedContract): RostroError {
  return new RostroError(
    'gallery_contract_mismatch',
    `The people in the database were enrolled with ${stored.name} (${stored.id}), but ${running.name} (${running.id}) runs ` +
      `here: choose the embedder they were made with, or make embeddings beside theirs with ${command(running)}.`,
    { details: { storedContracts: [stored.id], runningContract: running.id } },
  );
}

function command({ name }: NamedContract): string {
  return `"rostro reembed --to ${name}"`;
}
