import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';

/** PostgreSQL compiled to WebAssembly with the real pgvector, reached over the wire like any other. */
export interface TestPglite {
  readonly url: string;
  /** Resets it quickly. No client may be connected. */
  empty(): Promise<void>;
  stop(): Promise<void>;
}

/** @param withVector whether pgvector is available */
export async function startPglite({ withVector = true } = {}): Promise<TestPglite> {
  const db = await PGlite.create({ extensions: withVector ? { vector } : {} });
  const server = new PGLiteSocketServer({ db, port: 0, host: '127.0.0.1', maxConnections: 40 });
  await server.start();
  return {
    url: `postgres://postgres:postgres@${server.getServerConn()}/postgres`,
    async empty() {
      await db.exec('DROP SCHEMA IF EXISTS rostro CASCADE');
    },
    async stop() {
      await server.stop();
      await db.close();
    },
  };
}
