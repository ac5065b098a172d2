import { statfs } from 'node:fs/promises';
import { openEngine } from '../engine/open-engine.js';
import type { GalleryReport } from '../gallery/files/open-npy-gallery.js';
import type { Gallery } from '../gallery/gallery.js';
import type { HealthFinding, HealthReport } from '../http/schemas.js';
import type { Services } from '../http/services.js';
import type { PipelinePool } from '../faces/pipeline/pool.js';
import { compareExamples, type GalleryInspection, poorExamples } from '../people/inspection.js';
import { hasLostCharacters } from '../shared/text-encoding.js';
import type { Config } from './config.js';
import { openPrivateFiles } from './private-folders.js';

/** Below this, the next import, backup or converted network may not fit: the largest of them (glintr100.onnx) has 261 MB. */
const LOW_DISK_BYTES = 2 ** 30;
/** Comparing 1,000 examples takes 2 s on a busy machine, and 5,000 take 8 s; with more, `rostro doctor` does it. */
const MAX_COMPARED = 2000;
/** The pause after a comparison, as a multiple of its time: while people are enrolled, the server has other work. */
const PAUSE_FACTOR = 20;
/** Names that a finding lists. */
const SHOWN = 5;
/** Between two looks at the files of the gallery. */
const FILES_EVERY_MS = 60_000;

export interface HealthParts extends Pick<
  Services,
  'readiness' | 'live' | 'cameras' | 'deliveries' | 'recognition' | 'people'
> {
  readonly config: Config;
  readonly pipeline: PipelinePool;
  readonly gallery: Gallery;
  readonly galleryReport: GalleryReport;
  readonly isReadOnly: boolean;
}

/** The state of the server and its gallery, with what needs attention. */
export class HealthCheck {
  private readonly startedAt = new Date();
  private compared: {
    readonly version: number;
    readonly pauseUntil: number;
    readonly found: GalleryInspection['comparison'];
  } | null = null;
  private comparing: Promise<void> | null = null;
  private files: { readonly at: number; readonly open: number } | null = null;

  constructor(private readonly parts: HealthParts) {}

  async report(): Promise<HealthReport> {
    const { config, pipeline, gallery, live, readiness } = this.parts;
    const { waiting, maxWaiting, usableWorkers, memoryBytes } = pipeline.load;
    const [disk, notReady] = await Promise.all([this.disk(), readiness.notReadyReason()]);
    const people = gallery.people();
    const cameras = this.parts.cameras.all.filter(({ state }) => state !== 'off' && state !== 'ended');
    const receivers = this.parts.deliveries.status;
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    const facts = {
      startedAt: this.startedAt.toISOString(),
      notReady,
      people: people.length,
      examples: sum(people.map(({ examples }) => examples.length)),
      queue: { waiting, limit: maxWaiting },
      workers: { usable: usableWorkers, wanted: config.compute.workers },
      memory: { usedBytes: memoryBytes, limitBytes: config.compute.maxMemoryBytes },
      disk,
      liveSessions: live.count,
      cameras: { live: cameras.filter(({ state }) => state === 'live').length, wanted: cameras.length },
      deliveries: { waiting: sum(receivers.map((one) => one.waiting)), failed: sum(receivers.map((one) => one.dead)) },
    };
    this.compareIfDue(facts.examples);
    const isComparable = facts.examples <= MAX_COMPARED;
    const comparison = this.comparing !== null ? 'running' : isComparable && this.compared?.found ? 'done' : 'left_out';
    return { ...facts, comparison, findings: [...this.problems(facts), ...(await this.galleryFindings())] };
  }

  /** Waits for the comparison of the examples that is under way. */
  async close(): Promise<void> {
    await this.comparing;
  }

  private async disk(): Promise<HealthReport['disk']> {
    const found = await statfs(this.parts.config.storage.dataDir).catch(() => null);
    return found && { freeBytes: found.bavail * found.bsize, totalBytes: found.blocks * found.bsize };
  }

  private problems(facts: Omit<HealthReport, 'findings' | 'comparison'>): HealthFinding[] {
    const { notReady, queue, workers, memory, disk, deliveries } = facts;
    const { isReadOnly, cameras } = this.parts;
    const away = cameras.all
      .filter(({ state }) => state === 'failed' || state === 'waiting')
      .map(({ status }) => status.name);
    return [
      ...(isReadOnly ? [finding('read_only', [], 1)] : []),
      ...(notReady === 'storage' ? [finding('storage_failed', [], 1)] : []),
      ...(notReady === 'database' ? [finding('database_unreachable', [], 1)] : []),
      ...(disk && disk.freeBytes < LOW_DISK_BYTES ? [finding('disk_low', [], 1)] : []),
      ...(workers.usable < workers.wanted ? [finding('workers_missing', [], workers.wanted - workers.usable)] : []),
      ...(queue.waiting >= queue.limit ? [finding('queue_full', [], queue.waiting)] : []),
      ...(memory.usedBytes > memory.limitBytes ? [finding('memory_high', [], 1)] : []),
      ...(away.length > 0 ? [finding('cameras_away', away)] : []),
      ...(deliveries.failed > 0 ? [finding('deliveries_failed', [], deliveries.failed)] : []),
    ];
  }

  /** What `rostro doctor` finds, as far as it takes little time. */
  private async galleryFindings(): Promise<HealthFinding[]> {
    const { gallery, galleryReport, config } = this.parts;
    const people = gallery.people();
    const { duplicates, nearPeople, outliers } = this.compared?.found ?? NOTHING;
    const pairs = (all: typeof duplicates) => all.map(({ a, b }) => `${a.name} – ${b.name}`);
    const lost = people.filter(({ name }) => hasLostCharacters(name)).map(({ name }) => name);
    const found: HealthFinding[] = [
      finding('near_people', pairs(nearPeople)),
      finding(
        'misplaced',
        outliers.map(({ name }) => name),
      ),
      finding('duplicates', pairs(duplicates)),
      finding(
        'poor',
        poorExamples(people, config.enrolment.minFacePx).map(({ name }) => name),
      ),
      finding('lost_names', lost),
      finding(
        'set_aside',
        galleryReport.quarantined.flatMap(({ files }) => files),
      ),
      finding('missing_crops', galleryReport.missingCrops),
      finding('open_to_others', [], await this.openFiles()),
    ];
    return found.filter(({ count }) => count > 0);
  }

  private async openFiles(): Promise<number> {
    const now = performance.now();
    if (this.files === null || now - this.files.at > FILES_EVERY_MS) {
      const open = await openPrivateFiles(this.parts.config).catch(() => []);
      this.files = { at: now, open: open.length };
    }
    return this.files.open;
  }

  /** In the background, after a change of the gallery. */
  private compareIfDue(examples: number): void {
    const { gallery, recognition } = this.parts;
    const { version } = gallery;
    const start = performance.now();
    const isRecent = this.compared !== null && start < this.compared.pauseUntil;
    if (examples > MAX_COMPARED || this.comparing !== null || isRecent || this.compared?.version === version) return;
    const compare = async () => {
      const engine = await openEngine({ kind: 'onnxruntime', provider: 'cpu' }, 1);
      return compareExamples(gallery.embedded(), recognition.threshold, engine);
    };
    this.comparing = compare()
      .catch(() => null)
      .then((found) => {
        const end = performance.now();
        this.compared = { version, pauseUntil: end + PAUSE_FACTOR * (end - start), found };
        this.comparing = null;
      });
  }
}

const NOTHING: NonNullable<GalleryInspection['comparison']> = { duplicates: [], nearPeople: [], outliers: [] };

/** @param count default: of `about` */
function finding(code: HealthFinding['code'], about: readonly string[], count = about.length): HealthFinding {
  return { code, count, about: [...new Set(about)].slice(0, SHOWN) };
}
