import type { EmbeddedPerson, Gallery, Person } from '../gallery/gallery.js';
import type { SightingStore } from '../history/sighting-store.js';
import { firstSeen, type Sighting } from '../history/sighting.js';
import { parseEnrolledName } from '../people/person-name.js';
import { writeFloatMatrix } from '../shared/npy.js';
import { readLog } from './audit/audit-log.js';
import type { AuditEntry } from './audit/entry.js';
import type { AuditTrail } from './audit/trail.js';

export interface ExportedFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface PersonExport {
  readonly name: string;
  /** Generated one by one, to limit the memory use. */
  readonly files: AsyncIterable<ExportedFile>;
}

export interface PersonExportsParts {
  readonly gallery: Pick<Gallery, 'embeddedPerson' | 'crop' | 'negatives'>;
  readonly trail: AuditTrail;
  readonly sightings?: Pick<SightingStore, 'list' | 'face'>;
  /** What is kept of the person in lists of attendance, as JSON values. */
  readonly attendance?: { exportOf(name: string): Promise<object[]> };
  readonly contract: { readonly id: string; readonly name: string; readonly dimension: number };
  readonly now?: () => Date;
}

/** Exports all data of a person (GDPR, article 15). The audit log records the export. */
export class PersonExports {
  constructor(private readonly parts: PersonExportsParts) {}

  /** @throws RostroError `bad_name`, `person_not_found`, `storage_failed` */
  async of(text: string): Promise<PersonExport> {
    const { gallery, trail } = this.parts;
    const person = await gallery.embeddedPerson(parseEnrolledName(text));
    await trail.change('export', person.name, () => Promise.resolve());
    return { name: person.name, files: this.files(person) };
  }

  private async *files(person: EmbeddedPerson): AsyncGenerator<ExportedFile> {
    const { gallery } = this.parts;
    yield { path: 'person.json', bytes: Buffer.from(`${JSON.stringify(this.describe(person), null, 2)}\n`) };
    yield { path: 'embeddings.npy', bytes: embeddingsOf(person) };
    for (const { id, crop } of person.examples) {
      if (crop === null) continue;
      const bytes = await gallery.crop(person.name, id).catch(() => null);
      if (bytes !== null) yield { path: cropPath(id, crop), bytes };
    }
    for (const { id } of person.negatives ?? []) {
      const bytes = await gallery.negatives.crop(person.name, id).catch(() => null);
      if (bytes !== null) yield { path: negativePath(id), bytes };
    }
    yield* this.sightingFiles(person.name);
    const attendance = (await this.parts.attendance?.exportOf(person.name)) ?? [];
    if (attendance.length > 0) {
      yield { path: 'attendance.json', bytes: Buffer.from(`${JSON.stringify(attendance, null, 2)}\n`) };
    }
    const lines = await this.auditLines(person.name);
    yield { path: 'audit.jsonl', bytes: Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join('')) };
  }

  /** `sightings.jsonl`, a sighting a line, and a crop of each; nothing without sightings. */
  private async *sightingFiles(name: string): AsyncGenerator<ExportedFile> {
    const { sightings } = this.parts;
    const all = (await sightings?.list({ person: name }, { limit: Infinity })) ?? [];
    const lines: string[] = [];
    for (const sighting of all) {
      const face = await sightings!.face(sighting.id);
      const crop = face?.crop ? `sightings/${sighting.id}.jpg` : null;
      lines.push(`${JSON.stringify(describeSighting(sighting, crop, face?.embedding ?? null))}\n`);
      if (crop !== null) yield { path: crop, bytes: face!.crop! };
    }
    if (lines.length > 0) yield { path: 'sightings.jsonl', bytes: Buffer.from(lines.join('')) };
  }

  private describe({ name, id, metadata, groups, consent, expires, cover, examples, negatives = [] }: Person) {
    const { contract, now = () => new Date() } = this.parts;
    return {
      name,
      id,
      metadata,
      groups,
      consent: consent ?? null,
      expires: expires ?? null,
      cover: cover ?? null,
      exportedAt: now().toISOString(),
      embedder: { contract: contract.id, name: contract.name, dimension: contract.dimension },
      examples: examples.map(({ id, addedAt, crop, details }, row) => ({
        id,
        addedAt,
        row,
        crop: crop === null ? null : cropPath(id, crop),
        confidence: details?.confidence ?? null,
        boxInCrop: details?.boxInCrop ?? null,
        quality: details?.quality ?? null,
        photoHash: details?.photoHash ?? null,
      })),
      negatives: negatives.map(({ id, addedAt, crop, nearest, details, embedding }) => ({
        id,
        addedAt,
        nearest,
        crop: crop === null ? null : negativePath(id),
        confidence: details.confidence,
        boxInCrop: details.boxInCrop,
        quality: details.quality ?? null,
        photoHash: details.photoHash ?? null,
        embedding: embedding && Array.from(embedding),
      })),
    };
  }

  /** Lines of the person and of people who were merged into them. */
  private async auditLines(name: string): Promise<AuditEntry[]> {
    const first = await this.parts.trail.pseudonyms.find(name);
    const subjects = new Set(first === null ? [] : [first]);
    const lines: AuditEntry[] = [];
    for (const subject of subjects) {
      for (const line of await this.linesOf(subject)) {
        lines.push(line);
        if (line.action === 'merge' && typeof line.facts?.merged === 'string') subjects.add(line.facts.merged);
      }
    }
    return lines.sort((a, b) => a.seq - b.seq);
  }

  /** A recognition line lists all faces of a photo; other people's faces are removed. */
  private async linesOf(subject: string): Promise<AuditEntry[]> {
    const lines: AuditEntry[] = [];
    for await (const { faces, ...entry } of readLog(this.parts.trail.lines, { subject })) {
      lines.push({ ...entry, ...(faces && { faces: faces.filter((face) => face.subject === subject) }) });
    }
    return lines;
  }
}

function negativePath(id: string): string {
  return `crops/not-${id}.jpg`;
}

function describeSighting(
  { id, source, camera, last, looks, quality, distance, threshold, falseMatchRate, live }: Sighting,
  crop: string | null,
  embedding: { readonly contract: string; readonly vector: Float32Array } | null,
) {
  const times = { first: firstSeen(id).toISOString(), last: last.toISOString() };
  const facts = { looks, quality, distance, threshold, falseMatchRate, live };
  const shown = embedding && { contract: embedding.contract, vector: [...embedding.vector] };
  return { id, source, camera, ...times, ...facts, crop, embedding: shown };
}

function cropPath(id: string, crop: string): string {
  return `crops/${id}${/\.\w+$/.exec(crop)?.[0] ?? '.jpg'}`;
}

function embeddingsOf({ examples }: EmbeddedPerson): Uint8Array {
  const dimension = examples[0].embedding.length;
  const data = new Float32Array(examples.length * dimension);
  examples.forEach(({ embedding }, row) => data.set(embedding, row * dimension));
  return writeFloatMatrix(data, examples.length, dimension);
}
