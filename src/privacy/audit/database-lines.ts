import type { Database } from '../../gallery/postgres/database.js';
import { type AuditEntry, hashLine, unfinished } from './entry.js';
import type { ChainEnd, ChainLine, Head, Line, LineSource, LineStore, OpenedEnd } from './line-store.js';

const PAGE = 1000;
/** Number of lines searched for unfinished changes. */
const MAX_LOOKBACK = 10_000;
/** A newer unfinished change may be in progress on another server. */
const IN_PROGRESS_MS = 10 * 60 * 1000;

interface LineRow extends Record<string, unknown> {
  readonly number: number;
  readonly line: string;
}

/** The lines of a log in a database. The row of the head is the lock that serialises the writes of all servers. */
export class DatabaseLines implements LineStore, LineSource {
  constructor(private readonly database: Database) {}

  async open(now: Date): Promise<OpenedEnd> {
    return this.database.snapshot(async (session) => {
      const rows = await session.query<LineRow>(
        `SELECT number, line FROM rostro.audit ORDER BY number DESC LIMIT ${MAX_LOOKBACK}`,
      );
      const lines = rows.reverse().map(({ line }) => line);
      const [head] = await session.query<Head & Record<string, unknown>>('SELECT lines, hash FROM rostro.audit_head');
      const last = rows.at(-1);
      const isWhole =
        last === undefined ? head.lines === 0 : last.number === head.lines && hashLine(last.line) === head.hash;
      const mismatch = isWhole ? null : { expected: head.lines, found: last?.number ?? 0 };
      const isOld = ({ at }: AuditEntry): boolean => now.getTime() - Date.parse(at) > IN_PROGRESS_MS;
      return { tornLine: false, mismatch, interrupted: unfinished(lines).filter(isOld) };
    });
  }

  /** Always true, because `append` reads the end from the database. */
  isCurrent(): Promise<boolean> {
    return Promise.resolve(true);
  }

  async append(render: (end: ChainEnd) => readonly ChainLine[]): Promise<readonly ChainLine[]> {
    return this.database.transaction(async (session) => {
      const [head] = await session.query<Head & Record<string, unknown>>(
        'SELECT lines, hash FROM rostro.audit_head FOR UPDATE',
      );
      const lines = render({ seq: head.lines, hash: head.hash });
      const end = lines.at(-1);
      if (!end) return lines;
      await session.query(
        `WITH added AS (INSERT INTO rostro.audit (number, line) SELECT * FROM unnest($1::bigint[], $2::text[]))
         UPDATE rostro.audit_head SET lines = $3, hash = $4`,
        [lines.map(({ seq }) => seq), lines.map(({ text }) => text), end.seq, end.hash],
      );
      return lines;
    });
  }

  async *lines(): AsyncGenerator<Line> {
    let last = 0;
    for (;;) {
      const rows = await this.database.query<LineRow>(
        `SELECT number, line FROM rostro.audit WHERE number > $1 ORDER BY number LIMIT ${PAGE}`,
        [last],
      );
      if (rows.length === 0) return;
      for (const { number, line } of rows) yield { file: 'rostro.audit', number, text: line, isComplete: true };
      last = rows[rows.length - 1].number;
    }
  }

  async head(): Promise<Head | null> {
    const rows = await this.database.query<Head & Record<string, unknown>>('SELECT lines, hash FROM rostro.audit_head');
    return rows.at(0) ?? null;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
