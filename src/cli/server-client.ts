import { Rostro, RostroApiError } from '../client/index.js';
import { RostroError, ERROR_CODES, type ErrorCode } from '../shared/errors.js';
import type { ImportLine } from '../transfer/import/report.js';

const POLL_MS = 200;

/** A running server, asked over HTTP; one that is busy is asked until it is not. */
export class ServerClient {
  private readonly server: Rostro;

  /** @param url of the server's root @throws RostroError `bad_config` */
  constructor(url: string, key: string | undefined) {
    try {
      const retries = ({ code }: RostroApiError) => code === 'busy' || code === 'not_ready';
      this.server = new Rostro({ url, key, timeoutMs: Infinity, retries });
    } catch (cause) {
      throw new RostroError('bad_config', `${url} is no address such as http://localhost:5000.`, { cause });
    }
  }

  /** Sends an archive of photos and waits until all of it has been looked at. @throws RostroError */
  async import(archive: Buffer): Promise<readonly ImportLine[]> {
    try {
      const run = await this.server.imports.start(archive);
      await run.wait({ pollMs: POLL_MS });
      const lines = await run.report();
      await run.cancel();
      return lines;
    } catch (error) {
      throw error instanceof RostroApiError ? errorOf(error) : error;
    }
  }
}

function errorOf(error: RostroApiError): RostroError {
  const isKnown = (ERROR_CODES as readonly string[]).includes(error.code);
  return new RostroError(isKnown ? (error.code as ErrorCode) : 'server_unreachable', error.message, { cause: error });
}
