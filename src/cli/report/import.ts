import type { ImportReport } from '../../transfer/import/importer.js';
import type { ImportLine } from '../../transfer/import/report.js';

/** Reasons that are shown where they are not written to a file. */
const SHOWN = 20;

/** What an import did, in lines for people. @param written the report's name, where it was written to files */
export function importLines({ counts, lines, complete }: ImportReport, written: string | undefined): string[] {
  const { enrolled, alreadyThere, refused, reasons } = counts;
  const because = Object.entries(reasons).map(([code, count]) => `${count} ${code}`);
  return [
    `${enrolled} enrolled, ${alreadyThere} there already, ${refused} not enrolled${refused > 0 ? `: ${because.join(', ')}` : ''}.`,
    ...(written === undefined ? shown(lines.filter(({ outcome }) => outcome === 'refused')) : []),
    ...(written === undefined ? [] : [`What became of each photo is in ${written}.json and ${written}.csv.`]),
    ...(reasons.several_faces ? [chooseHint(written)] : []),
    ...(complete ? [] : ['Stopped; the same command goes on from here.']),
  ];
}

function shown(refused: readonly ImportLine[]): string[] {
  const told = refused.slice(0, SHOWN).map(({ file, line, person, message }) => {
    const place = [file ?? person ?? '', ...(line === null ? [] : [`line ${line}`])].join(', ');
    return `  ${place}: ${message}`;
  });
  return refused.length > SHOWN ? [...told, `  and ${refused.length - SHOWN} more: --report writes them all.`] : told;
}

function chooseHint(written: string | undefined): string {
  const csv = written === undefined ? 'the CSV file of --report' : `${written}.csv`;
  return `Where a photo shows several faces, write the number of the right one into the column "face" of ${csv}, and run the same with --choose and that file.`;
}
