import { Command } from 'commander';
import type { Config } from '../app/config.js';
import { composeCore, type Core } from '../app/core.js';
import { openPrivateFiles } from '../app/private-folders.js';
import { openEngine } from '../engine/open-engine.js';
import { nodeDisk } from '../gallery/files/disk.js';
import { galleryNotices, type GalleryReport } from '../gallery/files/open-npy-gallery.js';
import { isEnrolled, quarantinedPeople, type Repaired, repairPeople } from '../gallery/files/repair.js';
import { sealedDisk } from '../gallery/sealing/vault.js';
import { fixedMatcherSource } from '../matching/matcher.js';
import {
  compareExamples,
  type GalleryInspection,
  type ExampleRef,
  type ExamplePair,
  type Outlier,
  poorExamples,
} from '../people/inspection.js';
import { hasLostCharacters } from '../shared/text-encoding.js';
import { formatNumber } from './output.js';
import { configOf, withSettings } from './settings.js';
import { refuseDatabase } from './with-gallery.js';
import { print, setExitCode } from './io.js';

/** Findings and repairs of `rostro doctor`. */
export interface DoctorReport extends GalleryInspection {
  readonly files: GalleryReport;
  readonly threshold: number;
  /** People whose names have lost characters (U+FFFD). Such names are no longer stored. */
  readonly lostNames: readonly string[];
  /** People who are not enrolled and whose files are in the quarantine. */
  readonly inQuarantine: readonly string[];
  /** Files and folders with faces, names or keys that other users of the machine have rights on. */
  readonly openToOthers: readonly string[];
  /** Empty without `--repair`. */
  readonly repaired: readonly Repaired[];
}

interface DoctorFlags {
  readonly repair?: boolean;
  readonly quick?: boolean;
  readonly json?: boolean;
}

/** `rostro doctor`: checks the files of the gallery and the quality of the examples. */
export function doctorCommand(): Command {
  const command = new Command('doctor')
    .description('Check the files of the gallery, and find duplicate, misplaced and poor examples.')
    .option('--repair', 'set aside what does not add up, and bring people back from their photos')
    .option('--quick', 'do not compare the examples with each other')
    .option('--json', 'everything as one JSON object');
  return withSettings(command).action(async () => {
    const flags = command.opts<DoctorFlags>();
    const report = await examine(configOf(command), flags);
    print(flags.json ? JSON.stringify(reportJson(report)) : doctorLines(report).join('\n'));
    if (needsRepair(report)) setExitCode(1);
  });
}

async function examine(config: Config, { repair = false, quick = false }: DoctorFlags): Promise<DoctorReport> {
  if (repair) refuseDatabase(config, 'There are no files to repair; without --repair the people are looked through.');
  const openBefore = await openPrivateFiles(config);
  const core = await composeCore(config, {
    openMatching: ({ nearest }) => Promise.resolve(fixedMatcherSource(nearest)),
    access: repair ? 'repair' : 'read',
  });
  try {
    const { threshold } = core.recognition;
    const { dataDir } = config.storage;
    const disk = sealedDisk(nodeDisk, dataDir, core.vault);
    const { pipeline, gallery } = core;
    const repaired = repair ? await repairPeople({ pipeline, gallery, disk, dataDir }) : [];
    const missing = (await quarantinedPeople(disk, dataDir)).filter(({ name }) => !isEnrolled(name, gallery));
    const inQuarantine = missing.map(({ name, stem }) => name ?? stem);
    const people = gallery.people();
    return {
      files: { ...core.galleryReport, ...counts(core) },
      threshold,
      lostNames: people.flatMap(({ name }) => (hasLostCharacters(name) ? [name] : [])),
      inQuarantine,
      openToOthers: repair ? await openPrivateFiles(config) : openBefore,
      repaired,
      poor: poorExamples(people, config.enrolment.minFacePx),
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

function engineOf({ compute: { embeddingThreads } }: Config) {
  return openEngine({ kind: 'onnxruntime', provider: 'cpu' }, embeddingThreads);
}

function needsRepair({ files, inQuarantine }: DoctorReport): boolean {
  return inQuarantine.length > 0 || files.quarantined.some(({ to }) => to === null);
}

/** The field names of the JSON differ from those in the code: they must not change. */
function reportJson({ files, ...report }: DoctorReport) {
  const { quarantined, duplicateIds, unknownFiles, ...rest } = files;
  return {
    ...report,
    files: { ...rest, setAside: quarantined, withoutTheirId: duplicateIds, strangers: unknownFiles },
  };
}

/** At most this many items of a kind are listed; `--json` lists all. */
const SHOWN = 20;

/** The report as lines of text. */
export function doctorLines(report: DoctorReport): string[] {
  const { files, comparison, poor, repaired, inQuarantine, openToOthers, threshold, lostNames } = report;
  return [
    `people     ${files.people}, ${files.examples} examples`,
    ...section('files', galleryNotices(files), (line) => line, 'everything adds up'),
    ...section('names', lostNames, (name) => {
      return `${name} has lost characters and may be several people: check the photos, then "rostro people rename"`;
    }),
    ...section('access', openToOthers, (path) => `${path} has rights for other users; "--repair" removes them`),
    ...section('repaired', repaired, ({ name, examples, missing }) => {
      return `${name}: ${examples} examples are back${missing === null ? '' : `; ${missing}`}`;
    }),
    ...section('quarantine', inQuarantine, (name) => `${name}: "rostro doctor --repair" tries to bring them back`),
    ...(comparison === null ? ['examples   not compared'] : comparisonLines(comparison, threshold)),
    ...section(
      'poor',
      poor,
      (example) => `${called(example)}: ${example.warnings.map(({ message }) => message).join(' ')}`,
    ),
  ];
}

function comparisonLines(
  { duplicates, nearPeople, outliers }: NonNullable<DoctorReport['comparison']>,
  threshold: number,
): string[] {
  return [
    ...section('same photo', duplicates, ({ a, b }) => `${called(a)} and ${called(b)}`),
    ...section('near', nearPeople, (pair) => nearLine(pair, threshold)),
    ...section('misplaced', outliers, outlierLine),
  ];
}

function nearLine({ a, b, distance }: ExamplePair, threshold: number): string {
  return `${a.name} and ${b.name} are ${formatNumber(distance)} apart, within the threshold of ${formatNumber(threshold)}`;
}

function outlierLine({ kind, own, nearest, ...example }: Outlier): string {
  const far = `${formatNumber(own)} from the nearest other example`;
  if (kind === 'far' || nearest === null) return `${called(example)}: ${far}`;
  return `${called(example)}: ${far}, but ${formatNumber(nearest.distance)} from ${nearest.name}`;
}

function called({ name, example }: ExampleRef): string {
  return `${name}/${example}`;
}

/** A heading with the first item beside it; nothing if there are no items and no text for that case. */
function section<T>(title: string, items: readonly T[], line: (item: T) => string, none?: string): string[] {
  const rest = items.length - SHOWN;
  const lines = [...items.slice(0, SHOWN).map(line), ...(rest > 0 ? [`(and ${rest} more; --json has them all)`] : [])];
  if (lines.length === 0 && none !== undefined) lines.push(none);
  return lines.map((text, i) => `${(i === 0 ? title : '').padEnd(11)}${text}`);
}
