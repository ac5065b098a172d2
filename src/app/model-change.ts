import { nodeDisk } from '../gallery/files/disk.js';
import type { Database } from '../gallery/postgres/database.js';
import { prepareRows } from '../gallery/reembed/prepare.js';
import { sealedDisk, type Vault } from '../gallery/sealing/vault.js';
import type { EmbedderChoice, EmbedderChange } from '../http/schemas.js';
import { findCard, findModels, ownCardNames } from '../models/find-models.js';
import { KNOWN_CARDS } from '../models/known-cards.js';
import { MODEL_FILES } from '../models/manifest.js';
import { RostroError } from '../shared/errors.js';
import type { Logger } from '../shared/logger.js';
import { besideDatabase, besideFolder, cropEmbedder } from './beside-gallery.js';
import type { Config } from './config.js';
import { pipelineSpec, startPipeline } from './pipeline.js';

/** Enrolled people that are missed where 1 % of strangers get a name, measured as docs/models.md says. */
const MISSED: Readonly<Partial<Record<string, number>>> = {
  mobilefacenet: 0.081,
  'facenet-2018': 0.238,
  'face-api': 0.47,
};
/** Examples without an embedding that a reply lists. */
const SHOWN = 20;
/** Crops that wait for the one worker, so that it need not wait for the disk. */
const CONCURRENCY = 4;

export interface ModelChangeParts {
  readonly config: Config;
  /** Null for a gallery in files. */
  readonly database: Database | null;
  readonly vault: Vault;
  /** Name of the embedder that runs. */
  readonly running: string;
  readonly log: Logger;
}

/** The embedders that there are, and the preparation of a change to another one while the server runs. */
export class ModelChange {
  private current: EmbedderChange | null = null;
  private stopping = new AbortController();
  private work: Promise<void> = Promise.resolve();

  constructor(private readonly parts: ModelChangeParts) {}

  get change(): EmbedderChange | null {
    return this.current;
  }

  choices(): EmbedderChoice[] {
    const { config, running } = this.parts;
    const { dataDir } = config.storage;
    const own = ownCardNames(dataDir).filter((name) => KNOWN_CARDS.every((card) => card.name !== name));
    const facenets = new Set(findModels(dataDir).facenets.map(({ version }) => `facenet-${version.slice(0, 4)}`));
    const names = ['face-api', 'facenet-2017', 'facenet-2018', ...KNOWN_CARDS.map(({ name }) => name), ...own];
    return names.map((name) => {
      const isFacenet = name.startsWith('facenet-');
      const card = isFacenet || name === 'face-api' ? null : this.cardOf(name);
      const missed = MISSED[name] ?? null;
      const measured = MISSED[running] ?? null;
      const commercial = card?.commercial ?? true;
      return {
        name,
        running: name === running,
        installed: isFacenet ? facenets.has(name) : name === 'face-api' || this.isInstalled(name),
        licence: card?.licence ?? MODEL_FILES.find((file) => file.name === name)?.licence ?? 'not stated',
        commercial,
        training: card?.training ?? null,
        missed,
        better: missed !== null && measured !== null && missed < measured,
        pull: own.includes(name) ? null : `rostro models pull ${name}${commercial ? '' : ' --accept-licence'}`,
      };
    });
  }

  /** What to run once every example has an embedding. A gallery in use cannot change its embedder. */
  commands(embedder: string): string[] {
    if (this.parts.database !== null) return [`EMBEDDER=${embedder} rostro serve`];
    return [`rostro reembed --to ${embedder} --switch`, `EMBEDDER=${embedder} rostro serve`];
  }

  /**
   * Begins to compute the embeddings of another embedder from the kept crops, beside those in use.
   * @throws RostroError `bad_request` for an embedder that runs already or is not installed; `busy` while another one is prepared
   */
  prepare(embedder: string): EmbedderChange {
    if (this.current?.state === 'preparing') {
      throw new RostroError('busy', `The embeddings of ${this.current.embedder} are being computed; stop that first.`);
    }
    const choice = this.choices().find(({ name }) => name === embedder);
    if (choice === undefined) throw new RostroError('bad_request', `There is no embedder ${embedder}.`);
    if (choice.running) throw new RostroError('bad_request', `${embedder} runs already.`);
    if (!choice.installed) {
      const how = choice.pull === null ? '' : `; "${choice.pull}" fetches it`;
      throw new RostroError('bad_request', `${embedder} is not installed${how}.`);
    }
    const config = this.configFor(embedder);
    pipelineSpec(config);
    this.stopping = new AbortController();
    const none = { unable: [], unableCount: 0, error: null, commands: this.commands(embedder) };
    this.current = { embedder, state: 'preparing', done: 0, total: 0, ...none };
    this.work = this.run(config, this.stopping.signal);
    return this.current;
  }

  /** What was computed is kept, and used by the next call. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.work;
    this.current = null;
  }

  close(): Promise<void> {
    return this.stop();
  }

  private async run(config: Config, signal: AbortSignal): Promise<void> {
    try {
      const pipeline = await startPipeline(config, () => undefined);
      try {
        const beside = await this.open(config, pipeline.info.contract);
        const { unable } = await prepareRows({
          source: beside.source,
          rows: beside.rows,
          embedCrop: cropEmbedder(pipeline),
          concurrency: CONCURRENCY,
          onExample: (done, total) => this.update({ done, total }),
          signal,
        });
        if (!signal.aborted) await beside.finish?.();
        this.update({ state: 'prepared', unable: unable.slice(0, SHOWN), unableCount: unable.length });
      } finally {
        await pipeline.close();
      }
    } catch (error) {
      const code = error instanceof RostroError ? error.code : 'internal';
      this.parts.log.error({ code }, 'the embeddings of another embedder could not be computed');
      this.update({ state: 'failed', error: code });
    }
  }

  private open(config: Config, contract: Awaited<ReturnType<typeof startPipeline>>['info']['contract']) {
    const { database, vault } = this.parts;
    const { dataDir } = config.storage;
    return database === null
      ? besideFolder({ dataDir, disk: sealedDisk(nodeDisk, dataDir, vault) }, contract)
      : besideDatabase({ config, vault, database }, contract);
  }

  private update(change: Partial<EmbedderChange>): void {
    if (this.current) this.current = { ...this.current, ...change };
  }

  /** One worker with one thread: the server goes on. */
  private configFor(embedder: string): Config {
    const { config } = this.parts;
    return {
      ...config,
      embedding: { ...config.embedding, embedder },
      liveness: { ...config.liveness, policy: 'off' },
      compute: { ...config.compute, workers: 1, threadsPerWorker: 1, embeddingThreads: 1 },
    };
  }

  private cardOf(name: string) {
    try {
      return findCard(this.parts.config.storage.dataDir, name).card;
    } catch {
      return KNOWN_CARDS.find((card) => card.name === name) ?? null;
    }
  }

  private isInstalled(name: string): boolean {
    try {
      findCard(this.parts.config.storage.dataDir, name);
      return true;
    } catch {
      return false;
    }
  }
}
