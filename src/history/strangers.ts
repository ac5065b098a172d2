import type { EmbedderContract } from '../faces/embed/embedder.js';
import { thresholdFor } from '../matching/thresholds/impostors.js';
import type { Logger } from '../shared/logger.js';
import { RostroError } from '../shared/errors.js';
import { SerialQueue } from '../shared/queue.js';
import { type ClusteredFace, FaceClusters, type NearCluster } from './face-clusters.js';
import { sightingNotFound, strangerNotFound, type SightingStore } from './sighting-store.js';
import { firstSeen, newStrangerId, type StrangerMark, type StrangerSighting } from './sighting.js';

/**
 * A sighting joins the nearest stranger whose centre is nearer than one pair of different people in so many, and two
 * strangers are one when their centres are. `bench/strangers.ts` measures it.
 */
const PAIRS = 3_000_000;
/** For an embedder without an impostor table, the share of its own threshold: that of FaceNet by its table. */
export const JOIN_SHARE = 0.6;
/** Sightings that are compared and listed, the newest; it bounds memory (2 KB each with 512 values) and the time of each. */
const MAX_SIGHTINGS = 20_000;
/** From so many sightings on, a name is suggested. */
const SEEN_OFTEN = 3;
/** Faces that are read at once, with their crops. */
const READ_AT_ONCE = 200;
const CROPS_SHOWN = 6;

/** The sightings that show one unknown face. */
export interface Stranger {
  readonly id: string;
  readonly sightings: number;
  readonly first: Date;
  readonly last: Date;
  /** Seen often, but has no name. */
  readonly suggested: boolean;
  readonly cameras: readonly string[];
  /** Ids of the sightings with the best crops, the best first. */
  readonly best: readonly string[];
}

export interface StrangerPage {
  readonly strangers: readonly Stranger[];
  readonly next: string | null;
  readonly total: number;
}

export interface StrangersParts {
  readonly store: Pick<SightingStore, 'strangers' | 'place' | 'face' | 'faces' | 'update' | 'get'>;
  /** Embedder of new sightings, and its own threshold. */
  readonly contract: Pick<EmbedderContract, 'id' | 'threshold' | 'impostors'>;
  /** At or below it people are named. */
  readonly threshold: { current(): number };
  readonly log: Logger;
}

/**
 * Groups the sightings of unknown faces into strangers. Which stranger a sighting shows is stored with it. The centres are
 * in memory and follow the store before each use, so that servers which share a database agree.
 */
export class Strangers {
  private readonly clusters = new FaceClusters();
  private readonly changes = new SerialQueue();
  private readonly stopped = new AbortController();

  constructor(private readonly parts: StrangersParts) {}

  /** Compares what was recorded and not compared yet, in the background. */
  async start(): Promise<void> {
    const { signal } = this.stopped;
    try {
      const waiting = (await this.rows()).filter(({ stranger }) => stranger === null).reverse();
      for (const { id } of waiting) {
        if (signal.aborted) return;
        await this.place(id);
      }
    } catch (error) {
      const code = error instanceof RostroError ? error.code : 'internal';
      if (!signal.aborted)
        this.parts.log.error({ code }, 'strangers could not be compared; the next start tries again');
    }
  }

  /** Decides which stranger a sighting shows; also again, after it got another embedding. */
  place(id: string): Promise<void> {
    return this.changes.run(async () => {
      this.clusters.remove(id);
      const rows = await this.follow();
      const row = rows.find((one) => one.id === id);
      if (row === undefined) return;
      const marks = marksOf(rows);
      const isAlone = row.stranger === null || rows.every((one) => one === row || one.stranger !== row.stranger);
      if (!isAlone || row.mark !== null) return;
      const face = await this.parts.store.face(id);
      if (face === null) return;
      const embedding = face.embedding ?? NO_VECTOR;
      const near = this.nearest(embedding, (cluster) => cluster !== row.stranger);
      const stranger = near?.cluster ?? row.stranger ?? newStrangerId();
      const isHidden = marks.get(stranger) === 'not_a_face';
      await this.give([id], stranger, isHidden ? 'not_a_face' : null);
      this.clusters.put(id, { cluster: stranger, ...embedding });
      if (isHidden) await this.dropCrop(id);
      else if (near !== null && !marks.has(stranger)) await this.meet(stranger, marks);
    });
  }

  /** Strangers seen often come first, then the last seen. @param after `next` of the page before */
  async list(limit: number, after?: string): Promise<StrangerPage> {
    const all = strangersOf(await this.rows()).map((stranger) => ({ stranger, key: keyOf(stranger) }));
    all.sort((a, b) => (a.key < b.key ? 1 : -1));
    const rest = all.filter(({ key }) => after === undefined || key < after);
    const page = rest.slice(0, limit);
    const next = rest.length > limit ? page[limit - 1].key : null;
    return { strangers: page.map(({ stranger }) => stranger), next, total: all.length };
  }

  /** @throws RostroError `stranger_not_found` */
  async get(id: string): Promise<Stranger> {
    const [stranger] = strangersOf((await this.rows()).filter((one) => one.stranger === id));
    if ((stranger as Stranger | undefined) === undefined) throw strangerNotFound();
    return stranger;
  }

  /** The sightings of a stranger, the best first. @throws RostroError `stranger_not_found` */
  async sightingsOf(id: string): Promise<StrangerSighting[]> {
    const own = (await this.rows()).filter(({ stranger, mark }) => stranger === id && mark !== 'not_a_face');
    if (own.length === 0) throw strangerNotFound();
    return own.sort((a, b) => (b.quality ?? 0) - (a.quality ?? 0));
  }

  /** The most similar other strangers, the nearest first. */
  similar(id: string, count: number): Promise<Stranger[]> {
    return this.changes.run(async () => {
      const shown = strangersOf(await this.follow());
      const own = this.clusters.centreOf(id);
      if (own === null) return [];
      const near = this.clusters.near(own.centre, own.contract, Infinity, (other) => other !== id);
      return near.flatMap(({ cluster }) => shown.find((one) => one.id === cluster) ?? []).slice(0, count);
    });
  }

  /**
   * Two strangers are the same: the sightings of the first go to the second.
   * @returns how many
   * @throws RostroError `stranger_not_found`
   */
  merge(id: string, into: string): Promise<number> {
    return this.changes.run(async () => {
      const [own] = [await this.sightingsOf(id), await this.sightingsOf(into)];
      await this.give(idsOf(own), into, null);
      return own.length;
    });
  }

  /**
   * A sighting shows somebody else: it becomes a stranger of its own, which no other is merged with by itself.
   * @returns the id of the new stranger
   * @throws RostroError `stranger_not_found`, `sighting_not_found`
   */
  split(id: string, sighting: string): Promise<string> {
    return this.changes.run(async () => {
      const own = await this.sightingsOf(id);
      if (!idsOf(own).includes(sighting)) throw sightingNotFound();
      const stranger = newStrangerId();
      await this.give([sighting], stranger, 'apart');
      return stranger;
    });
  }

  /**
   * It is not a face: its sightings and later ones like them are shown nowhere, and their crops are erased.
   * @returns how many sightings are hidden
   * @throws RostroError `stranger_not_found`
   */
  hide(id: string): Promise<number> {
    return this.changes.run(async () => {
      const ids = idsOf(await this.sightingsOf(id));
      await this.give(ids, id, 'not_a_face');
      for (const one of ids) await this.dropCrop(one);
      return ids.length;
    });
  }

  async close(): Promise<void> {
    this.stopped.abort();
    await this.changes.idle();
  }

  private rows(): Promise<StrangerSighting[]> {
    return this.parts.store.strangers(MAX_SIGHTINGS);
  }

  /** Brings the clusters up to the stored sightings. @returns these */
  private async follow(): Promise<StrangerSighting[]> {
    const rows = await this.rows();
    const placed = new Map(rows.flatMap(({ id, stranger }) => (stranger === null ? [] : [[id, stranger] as const])));
    for (const id of [...this.clusters.ids]) if (!placed.has(id)) this.clusters.remove(id);
    const unread: string[] = [];
    for (const [id, stranger] of placed) {
      if (this.clusters.clusterOf(id) === undefined) unread.push(id);
      else this.clusters.move(id, stranger);
    }
    for (let from = 0; from < unread.length; from += READ_AT_ONCE) {
      const faces = await this.parts.store.faces(unread.slice(from, from + READ_AT_ONCE));
      for (const [id, { embedding }] of faces) {
        this.clusters.put(id, { cluster: placed.get(id)!, ...(embedding ?? NO_VECTOR) });
      }
    }
    return rows;
  }

  private nearest({ contract, vector }: Embedding, isMeant: (cluster: string) => boolean): NearCluster | null {
    if (contract !== this.parts.contract.id) return null;
    return this.clusters.near(vector, contract, this.reach, isMeant).at(0) ?? null;
  }

  /** Merges a stranger with the nearest other, where their centres have met. The one with more sightings stays. */
  private async meet(id: string, marks: ReadonlyMap<string, StrangerMark>): Promise<void> {
    const { contract, centre: vector, faces } = this.clusters.centreOf(id)!;
    const other = this.nearest({ contract, vector }, (cluster) => cluster !== id && !marks.has(cluster));
    if (other === null) return;
    const isSmaller = faces < this.clusters.centreOf(other.cluster)!.faces;
    const [from, into] = isSmaller ? [id, other.cluster] : [other.cluster, id];
    await this.give(idsOf((await this.rows()).filter(({ stranger }) => stranger === from)), into, null);
  }

  private async give(ids: readonly string[], stranger: string, mark: StrangerMark | null): Promise<void> {
    await this.parts.store.place(ids, stranger, mark);
    for (const id of ids) this.clusters.move(id, stranger);
  }

  private async dropCrop(id: string): Promise<void> {
    const { store } = this.parts;
    const [sighting, face] = [await store.get(id), await store.face(id)];
    if (sighting === null || face === null) return;
    const { last, looks, quality, distance, threshold, falseMatchRate, live } = sighting;
    const same = { last, looks, quality, distance, threshold, falseMatchRate, live };
    await store.update(id, same, { ...face, crop: null });
  }

  private get reach(): number {
    const { contract, threshold } = this.parts;
    const { impostors } = contract;
    const near = impostors ? thresholdFor(impostors, 1 / PAIRS, 1) : JOIN_SHARE * contract.threshold;
    return Math.min(near, threshold.current());
  }
}

type Embedding = Pick<ClusteredFace, 'contract' | 'vector'>;

/** Of a face that was never embedded: it is near to nothing. */
const NO_VECTOR: Embedding = { contract: '', vector: new Float32Array(0) };

function idsOf(sightings: readonly StrangerSighting[]): string[] {
  return sightings.map(({ id }) => id);
}

/** The strangers that are not merged by themselves. */
function marksOf(rows: readonly StrangerSighting[]): Map<string, StrangerMark> {
  return new Map(rows.flatMap(({ stranger, mark }) => (stranger && mark ? [[stranger, mark] as const] : [])));
}

function strangersOf(rows: readonly StrangerSighting[]): Stranger[] {
  const groups = new Map<string, StrangerSighting[]>();
  for (const row of rows) {
    if (row.stranger === null || row.mark === 'not_a_face') continue;
    const group = groups.get(row.stranger);
    if (group === undefined) groups.set(row.stranger, [row]);
    else group.push(row);
  }
  return [...groups].map(([id, group]) => strangerOf(id, group));
}

/** @param group the newest first */
function strangerOf(id: string, group: readonly StrangerSighting[]): Stranger {
  const best = group.filter(({ hasCrop }) => hasCrop).sort((a, b) => (b.quality ?? 0) - (a.quality ?? 0));
  return {
    id,
    sightings: group.length,
    first: firstSeen(group[group.length - 1].id),
    last: new Date(Math.max(...group.map(({ last }) => last.getTime()))),
    suggested: group.length >= SEEN_OFTEN,
    cameras: [...new Set(group.flatMap(({ camera }) => camera ?? []))],
    best: idsOf(best).slice(0, CROPS_SHOWN),
  };
}

/** Sorts strangers: suggested, last seen, id. */
function keyOf({ suggested, last, id }: Stranger): string {
  return `${suggested ? 1 : 0}-${last.getTime().toString(16).padStart(12, '0')}-${id}`;
}
export const STRANGER_KEY = /^[01]-[0-9a-f]{12}-[0-9a-f]{16}$/;
