import type { IdentificationRates } from '../../evaluation/identification.js';
import type { WorstSearch } from '../../evaluation/identify.js';
import { detChart, histogramChart } from './charts.js';
import { dataTable, facePicture, figureTable, paragraph, reportPage } from './html.js';
import {
  groupTable,
  identificationFigures,
  identificationNotes,
  type IdentificationRun,
  missingTable,
  pointTable,
} from './identification.js';

/** Open-set identification as one self-contained HTML file: figures, charts, and the worst searches as pictures. */
export async function identificationHtml(run: IdentificationRun): Promise<string> {
  const { histogram, inForce, worst } = run.identification;
  const groups = groupTable(run);
  const missing = missingTable(run.missing);
  return reportPage(run, 'on an open set of people', [
    figureTable(identificationFigures(run)),
    dataTable(pointTable(run)),
    ...(groups === null ? [] : ['<h2>Groups of people</h2>', dataTable(groups)]),
    ...identificationNotes(run).map(paragraph),
    '<div class="charts">',
    '<figure><figcaption>DET; the dots are the thresholds of the table</figcaption>',
    `${identificationDet(run)}</figure>`,
    '<figure><figcaption>Distances of <b class="genuine">own people</b> and <b class="impostor">strangers</b></figcaption>',
    `${histogramChart(histogram, inForce.threshold, 'searches')}</figure>`,
    '</div>',
    '<h2>Strangers nearest to an enrolled person</h2>',
    await searchList(worst.strangers, ({ wrong }) => (wrong ? failed('gets a name') : 'stays unknown')),
    '<h2>Own people farthest from their enrolled photos</h2>',
    await searchList(worst.misses, ({ wrong, nearer }) => {
      if (nearer !== null && nearer.distance <= inForce.threshold) return failed('gets another name');
      return wrong ? failed('stays unknown') : 'gets the right name';
    }),
    ...(missing === null ? [] : ['<h2>Photos left out</h2>', dataTable(missing)]),
  ]);
}

function identificationDet({ identification }: IdentificationRun): string {
  const { det, atFpir, inForce, strangers, probes } = identification;
  const title = 'DET: own people missed over strangers who get a name';
  const rates = ({ fpir, fnir }: IdentificationRates) => [fpir, fnir] as const;
  const axes = [
    { label: 'FPIR (strangers who get a name)', cases: strangers },
    { label: 'FNIR (own people missed)', cases: probes },
  ] as const;
  return detChart(title, axes, det.map(rates), [...atFpir, inForce].map(rates));
}

type Verdict = (search: WorstSearch) => string;

const failed = (text: string) => `<b class="wrong">${text}</b>`;

async function searchList(searches: readonly WorstSearch[], verdict: Verdict): Promise<string> {
  const items = await Promise.all(searches.map((search) => searchItem(search, verdict)));
  return `<ol class="pairs">${items.join('\n')}</ol>`;
}

async function searchItem(search: WorstSearch, verdict: Verdict): Promise<string> {
  const { photo, other, distance, nearer } = search;
  const pictures = await Promise.all([photo, other].map((one) => facePicture(one, one.label.replaceAll('_', ' '))));
  const rival =
    nearer === null ? '' : paragraph(`nearer: ${nearer.person.replaceAll('_', ' ')}, ${nearer.distance.toFixed(3)}`);
  return `<li>${pictures.join('')}<p>distance ${distance.toFixed(3)}, ${verdict(search)}</p>${rival}</li>`;
}
