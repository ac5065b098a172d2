import { setTimeout } from 'node:timers/promises';
import { RostroError, ERROR_CODES, type ErrorCode } from '../errors.js';
import type { JobStatus } from '../service/bulk/import-job.js';
import type { ImportLine } from '../service/bulk/report.js';

const POLL_MS = 200;
/** How long to wait before a server that is busy is asked again. */
const BUSY_MS = 1000;

/** A running server, asked over HTTP. */
export class ServerClient {
  /** @param url of the server's root @throws RostroError `bad_config` */
  constructor(
    private readonly url: string,
    private readonly key: string | undefined,
  ) {
    if (!URL.canParse(url)) throw new RostroError('bad_config', `${url} is no address such as http://localhost:5000.`);
  }

  /** Sends an archive of photos and waits until all of it has been looked at. @throws RostroError */
  async import(archive: Buffer): Promise<readonly ImportLine[]> {
    const job = await this.begin(archive);
    for (;;) {
      const status = await this.ask<JobStatus>('GET', `/import/${job.id}`);
      if (status.state === 'failed') throw errorOf(status.error?.code ?? 'internal', status.error?.message);
      if (status.state === 'done' || status.state === 'stopped') break;
      await setTimeout(POLL_MS);
    }
    const { lines } = await this.ask<{ lines: ImportLine[] }>('GET', `/import/${job.id}/report`);
    await this.ask('DELETE', `/import/${job.id}`);
    return lines;
  }

  private async begin(archive: Buffer): Promise<JobStatus> {
    for (;;) {
      const body = new FormData();
      body.append('file', new Blob([new Uint8Array(archive)]), 'photos.zip');
      try {
        return await this.ask<JobStatus>('POST', '/import', body);
      } catch (error) {
        if (!(error instanceof RostroError) || (error.code !== 'busy' && error.code !== 'not_ready')) throw error;
        await setTimeout(BUSY_MS);
      }
    }
  }

  private async ask<T>(method: string, path: string, body?: FormData): Promise<T> {
    const headers = this.key === undefined ? undefined : { 'x-api-key': this.key };
    const response = await fetch(new URL(path, this.url), { method, headers, body }).catch((cause: unknown) => {
      const reason = (cause as Error & { cause?: Error }).cause?.message ?? (cause as Error).message;
      throw new RostroError('server_unreachable', `The server at ${this.url} cannot be reached: ${reason}.`, { cause });
    });
    const reply = (await response.json().catch(() => null)) as
      (T & { error?: { code: string; message: string } }) | null;
    if (response.ok && reply !== null) return reply;
    throw errorOf(
      reply?.error?.code ?? 'server_unreachable',
      reply?.error?.message ?? `It answered ${response.status}.`,
    );
  }
}

function errorOf(code: string, message = 'The server gave no reason.'): RostroError {
  const isKnown = (ERROR_CODES as readonly string[]).includes(code);
  return new RostroError(isKnown ? (code as ErrorCode) : 'server_unreachable', message);
}
