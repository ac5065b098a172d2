import { buffer } from 'node:stream/consumers';
import { stringify } from 'csv-stringify/sync';
import { Rostro, RostroApiError } from '../client/index.js';
import { forEachConcurrent } from '../shared/queue.js';
import { type ZipEntry, zipOf } from '../shared/archive/zip.js';
import { ERROR_CODES, type ErrorCode, RostroError } from '../shared/errors.js';
import type { ImportReport, ImportRun } from '../transfer/import/importer.js';
import type { PlannedPerson, PlannedPhoto } from '../transfer/import/plan.js';
import { countsOf, type ImportLine, refusedLine } from '../transfer/import/report.js';

/** Photos per request. */
const PHOTOS_A_REQUEST = 32;
/** Requests at a time: the next is sent while the server processes the previous one. */
const REQUESTS = 2;

interface Sent {
  readonly person: PlannedPerson;
  readonly photo: PlannedPhoto;
}

/**
 * The same as `Importer.run`, through a server: sends the photos in small archives, each with a list of the people.
 * @throws RostroError the errors of the server; `server_unreachable`
 */
export async function importThrough(
  client: ServerClient,
  { plan, source, signal, onLine }: Omit<ImportRun, 'concurrency'>,
  maxImageBytes: number,
): Promise<ImportReport> {
  const photos = plan.people.flatMap((person) => person.photos.map((photo): Sent => ({ person, photo })));
  const told = new Map<PlannedPhoto, ImportLine>();
  const besides = [...plan.refused];
  for (const line of besides) onLine?.(line);
  const send = async (parts: readonly Sent[]): Promise<void> => {
    const { entries, refused } = await readAll(parts, (file) => source.read(file, maxImageBytes));
    const lines = entries.length === 0 ? [] : await client.import(await archiveOf(entries));
    for (const [photo, line] of [...refused, ...lines.map((line) => placed(line, parts))]) {
      if (photo) told.set(photo, line);
      else besides.push(line);
      onLine?.(line);
    }
  };
  await forEachConcurrent(inParts(photos), REQUESTS, send, signal);
  const lines = [...besides, ...photos.flatMap(({ photo }) => told.get(photo) ?? [])];
  return { counts: countsOf(lines), lines, complete: told.size === photos.length };
}

function* inParts(photos: readonly Sent[]): Generator<readonly Sent[]> {
  for (let i = 0; i < photos.length; i += PHOTOS_A_REQUEST) yield photos.slice(i, i + PHOTOS_A_REQUEST);
}

/** A photo in an archive: it is named by its number, so that any original path is possible. */
interface Numbered extends Sent {
  readonly path: string;
  readonly bytes: Uint8Array;
}

async function readAll(parts: readonly Sent[], read: (file: string) => Promise<Uint8Array>) {
  const entries: Numbered[] = [];
  const refused: [PlannedPhoto, ImportLine][] = [];
  for (const [number, sent] of parts.entries()) {
    const { file, line } = sent.photo;
    try {
      entries.push({ ...sent, path: `photos/${number}`, bytes: await read(file) });
    } catch (error) {
      if (!(error instanceof RostroError)) throw error;
      refused.push([sent.photo, refusedLine({ file, line, person: sent.person.name }, error)]);
    }
  }
  return { entries, refused };
}

function archiveOf(entries: readonly Numbered[]): Promise<Buffer> {
  const rows = entries.map(({ path, person: { name, details }, photo: { face } }) => ({
    file: path,
    person: name,
    face,
    id: details.id,
    groups: details.groups?.join('|'),
    metadata: details.metadata && JSON.stringify(details.metadata),
    consent: details.consent?.basis,
    consentDate: details.consent?.date,
    consentNote: details.consent?.note,
    expires: details.expires,
  }));
  const columns = [
    'file',
    'person',
    'face',
    'id',
    'groups',
    'metadata',
    'consent',
    'consentDate',
    'consentNote',
    'expires',
  ];
  const list: ZipEntry = { path: 'photos.csv', bytes: Buffer.from(stringify(rows, { header: true, columns })) };
  return buffer(zipOf([list, ...entries]));
}

/** The line of the server, with the original name of the photo. */
function placed(line: ImportLine, parts: readonly Sent[]): [PlannedPhoto | null, ImportLine] {
  const number = /^photos\/(\d+)$/.exec(line.file ?? '')?.[1];
  if (number === undefined) return [null, { ...line, line: null }];
  const { photo } = parts[Number(number)];
  return [photo, { ...line, file: photo.file, line: photo.line }];
}

const POLL_MS = 200;

/** Client of a running server. Retries while the server is busy. */
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

  /** Sends an archive of photos and waits until all of them are processed. @throws RostroError */
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
