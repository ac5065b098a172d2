import { Command } from 'commander';
import { composeCore, type Core } from '../app/core.js';
import type { Config } from '../app/config.js';
import { openEngine } from '../engine/open-engine.js';
import { compareExamples, poorExamples, type Examination } from '../people/examination.js';
import { alwaysMatching } from '../matching/classifiers/matching.js';
import { isEnrolled, repairPeople, type Repaired } from '../people/repair.js';
import { nodeDisk } from '../gallery/files/disk.js';
import type { GalleryReport } from '../gallery/files/open-npy-gallery.js';
import { sealedDisk } from '../gallery/sealing/sealed-disk.js';
import { peopleSetAside } from '../gallery/files/set-aside-people.js';
import { refuseDatabase } from './files-only.js';
import { doctorLines } from './report/doctor.js';
import { configOf, withSettings } from './settings.js';

/** What `rostro doctor` found, and what it did. */
export interface DoctorReport extends Examination {
  readonly files: GalleryReport;
  readonly threshold: number;
  /** People who are not enrolled, and whose files lie in the quarantine. */
  readonly inQuarantine: readonly string[];
  /** Empty without `--repair`. */
  readonly repaired: readonly Repaired[];
}

interface DoctorFlags {
  readonly repair?: boolean;
  readonly quick?: boolean;
  readonly json?: boolean;
}

/** `rostro doctor`: what does not add up in the files, and what is odd about the examples. */
export function doctorCommand(): Command {
  const command = new Command('doctor')
    .description('Check the files of the gallery, and find duplicate, misplaced and poor examples.')
    .option('--repair', 'set aside what does not add up, and bring people back from their photos')
    .option('--quick', 'do not compare the examples with each other')
    .option('--json', 'everything as one JSON object');
  return withSettings(command).action(async () => {
    const flags = command.opts<DoctorFlags>();
    const report = await examine(configOf(command), flags);
    console.log(flags.json ? JSON.stringify(report) : doctorLines(report).join('\n'));
    if (needsRepair(report)) process.exitCode = 1;
  });
}

async function examine(config: Config, { repair = false, quick = false }: DoctorFlags): Promise<DoctorReport> {
  if (repair) refuseDatabase(config, 'There are no files to repair; without --repair the people are looked through.');
  const core = await composeCore(config, {
    open: ({ nearest }) => Promise.resolve(alwaysMatching(nearest)),
    access: repair ? 'repair' : 'read',
  });
  try {
    const { threshold } = core.recognition;
    const { dataDir } = config;
    const disk = sealedDisk(nodeDisk, dataDir, core.vault);
    const { pipeline, gallery } = core;
    const repaired = repair ? await repairPeople({ pipeline, gallery, disk, dataDir }) : [];
    const missing = (await peopleSetAside(disk, dataDir)).filter(({ name }) => !isEnrolled(name, gallery));
    const inQuarantine = missing.map(({ name, stem }) => name ?? stem);
    const people = gallery.people();
    return {
      files: { ...core.galleryReport, ...counts(core) },
      threshold,
      inQuarantine,
      repaired,
      poor: poorExamples(people, config.minFacePx),
      comparison: quick ? null : await compareExamples(gallery.embedded(), threshold, await engineOf(config)),
    };
  } finally {
    await core.close();
  }
}

function counts({ gallery }: Core): { people: number; examples: number } {
  const everyone = gallery.people();
  return { people: everyone.length, examples: everyone.reduce((sum, { examples }) => sum + examples.length, 0) };
}

function engineOf({ embeddingThreads }: Config) {
  return openEngine({ kind: 'onnxruntime', provider: 'cpu' }, embeddingThreads);
}

function needsRepair({ files, inQuarantine }: DoctorReport): boolean {
  return inQuarantine.length > 0 || files.setAside.some(({ to }) => to === null);
}
