import type { Database, Session } from '../../gallery/postgres/database.js';
import { type AuditEntry, GENESIS, hashLine, unfinished } from './entry.js';
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
  /** The last line that this process wrote. */
  private end: Head | null = null;
  private isMarked = false;

  constructor(private readonly database: Database) {}

  async open(now: Date): Promise<OpenedEnd> {
    return this.database.snapshot(async (session) => {
      const rows = await session.query<LineRow>(
        `SELECT number, line FROM rostro.audit ORDER BY number DESC LIMIT ${MAX_LOOKBACK}`,
      );
      const lines = rows.reverse().map(({ line }) => line);
      const head = (await readHead(session)) ?? { lines: 0, hash: GENESIS };
      const mark = await readMark(session);
      const last = rows.at(-1);
      const found = last?.number ?? 0;
      const isWhole = last === undefined ? head.lines === 0 : found === head.lines && hashLine(last.line) === head.hash;
      const marked = rows.find(({ number }) => number === mark?.lines);
      const fitsMark = mark === null || (marked ? hashLine(marked.line) === mark.hash : mark.lines <= found);
      const mismatch = isWhole && fitsMark ? null : { expected: Math.max(head.lines, mark?.lines ?? 0), found };
      const isOld = ({ at }: AuditEntry): boolean => now.getTime() - Date.parse(at) > IN_PROGRESS_MS;
      return { tornLine: false, mismatch, interrupted: unfinished(lines).filter(isOld) };
    });
  }

  /** Always true, because `append` reads the end from the database. */
  isCurrent(): Promise<boolean> {
    return Promise.resolve(true);
  }

  async append(render: (end: ChainEnd) => readonly ChainLine[]): Promise<readonly ChainLine[]> {
    const added = await this.database.transaction(async (session) => {
      await session.query('INSERT INTO rostro.audit_head DEFAULT VALUES ON CONFLICT DO NOTHING');
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
    const last = added.at(-1);
    if (last) this.end = { lines: last.seq, hash: last.hash };
    if (!this.isMarked) await this.writeMark();
    return added;
  }

  /** After the first line and at the end. Not in the transaction of the lines, because changes of people lock the row. */
  private async writeMark(): Promise<void> {
    if (this.end === null) return;
    this.isMarked = true;
    await this.database
      .query('UPDATE rostro.gallery SET audit_lines = $1, audit_hash = $2', [this.end.lines, this.end.hash])
      .catch(() => undefined);
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

  head(): Promise<Head | null> {
    return readHead(this.database);
  }

  mark(): Promise<Head | null> {
    return readMark(this.database);
  }

  close(): Promise<void> {
    return this.writeMark();
  }
}

async function readHead(session: Session): Promise<Head | null> {
  const rows = await session.query<Head & Record<string, unknown>>('SELECT lines, hash FROM rostro.audit_head');
  return rows.at(0) ?? null;
}

async function readMark(session: Session): Promise<Head | null> {
  const rows = await session.query<Head & Record<string, unknown>>(
    'SELECT audit_lines AS lines, audit_hash AS hash FROM rostro.gallery WHERE audit_lines > 0',
  );
  return rows.at(0) ?? null;
}
