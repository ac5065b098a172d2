import { sharp } from '../../faces/image/sharp.js';
import type { PhotoRef } from '../../evaluation/dataset.js';
import type { ComparedPhoto } from '../../evaluation/pairs.js';
import type { ScoredPair } from '../../evaluation/validate.js';
import { histogramChart, rocChart } from './charts.js';
import { figuresOf, sampleWarning, type ValidationRun } from './validation.js';

/** A validation as one self-contained HTML file: figures, charts, and the worst pairs as pictures. */
export async function htmlReport(run: ValidationRun): Promise<string> {
  const { roc, histogram, threshold, worst } = run.validation;
  const warning = sampleWarning(run);
  return reportPage(run, 'on pairs of photos', [
    figureTable(figuresOf(run)),
    warning === null ? '' : paragraph(warning),
    '<div class="charts">',
    `<figure><figcaption>ROC</figcaption>${rocChart(roc)}</figure>`,
    '<figure><figcaption>Distances of <b class="genuine">genuine</b> and <b class="impostor">impostor</b> pairs</figcaption>',
    `${histogramChart(histogram, threshold.mean)}</figure>`,
    '</div>',
    '<h2>Two people who look most alike</h2>',
    await pairList(worst.impostors),
    '<h2>One person who looks least alike</h2>',
    await pairList(worst.genuine),
    missingList(run),
  ]);
}

/** The report of an embedder. */
export function reportPage(
  { detector, embedder, contract }: Pick<ValidationRun, 'detector' | 'embedder' | 'contract'>,
  subject: string,
  parts: readonly string[],
): string {
  return htmlPage(`${embedder} ${subject}`, `How well ${detector} + ${embedder} tell people apart`, [
    ...parts,
    `<footer>Embedder contract ${escapeHtml(contract)}.</footer>`,
  ]);
}

/** A page without references to other files. */
export function htmlPage(title: string, heading: string, parts: readonly string[]): string {
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>Rostro: ${escapeHtml(title)}</title><style>${STYLE}</style></head><body>`,
    `<h1>${escapeHtml(heading)}</h1>`,
    ...parts,
    '</body></html>\n',
  ].join('\n');
}

/** Escapes text for HTML content and quoted attributes: names come from folders and files. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export function paragraph(text: string): string {
  return `<p>${escapeHtml(text)}</p>`;
}

/** A table of labels and values. */
export function figureTable(rows: readonly (readonly [label: string, value: string])[]): string {
  const cells = rows.map(([label, value]) => `<tr><th>${escapeHtml(label)}</th><td>${escapeHtml(value)}</td></tr>`);
  return `<table>${cells.join('')}</table>`;
}

/** A table of a head and rows. */
export function dataTable([head, ...rows]: readonly (readonly string[])[]): string {
  const cells = (kind: 'th' | 'td', row: readonly string[]) =>
    row.map((text) => `<${kind}>${escapeHtml(text)}</${kind}>`).join('');
  const body = rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('');
  return `<table class="data"><tr>${cells('th', head)}</tr>${body}</table>`;
}

async function pairList(pairs: readonly ScoredPair[]): Promise<string> {
  const items = await Promise.all(pairs.map(pairItem));
  return `<ol class="pairs">${items.join('\n')}</ol>`;
}

async function pairItem({ pair, distance, wrong }: ScoredPair): Promise<string> {
  const pictures = await Promise.all([
    facePicture(pair.first, nameOf(pair.a)),
    facePicture(pair.second, nameOf(pair.b)),
  ]);
  const verdict = wrong ? '<b class="wrong">decided wrongly</b>' : 'decided rightly';
  return `<li>${pictures.join('')}<p>distance ${distance.toFixed(3)}, ${verdict}</p></li>`;
}

/** A face with its name below it. */
export async function facePicture(photo: Pick<ComparedPhoto, 'path' | 'box'>, name: string): Promise<string> {
  const text = escapeHtml(name);
  return `<figure><img src="${await faceDataUrl(photo)}" alt="${text}"><figcaption>${text}</figcaption></figure>`;
}

function nameOf({ person, number }: PhotoRef): string {
  return `${person.replaceAll('_', ' ')} ${number}`;
}

function missingList({ missing }: ValidationRun): string {
  if (missing.length === 0) return '';
  const rows = missing.map(({ photo, message, pairs }) => [photo, `${message} Pairs left out: ${pairs}.`] as const);
  return `<h2>Photos left out</h2>${figureTable(rows)}`;
}

/** Blue for genuine, orange for impostor pairs: distinguishable for colour-blind people (palette of Okabe and Ito). */
const STYLE = `
:root { color-scheme: light dark; --genuine: #0072b2; --impostor: #e69f00; --line: #8888; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
table { border-collapse: collapse; } th { text-align: left; padding: 0.2rem 1.5rem 0.2rem 0; font-weight: 600; }
th, td { border-bottom: 1px solid var(--line); vertical-align: top; font-variant-numeric: tabular-nums; }
.data { margin-top: 1rem; display: block; overflow-x: auto; } .data td { padding-right: 1.5rem; white-space: nowrap; }
figure { margin: 0; } .charts { display: flex; flex-wrap: wrap; gap: 1.5rem; margin-top: 1.5rem; }
.charts figure { flex: 1 1 22rem; } svg { width: 100%; height: auto; } svg text { font-size: 12px; fill: currentColor; }
.grid { stroke: var(--line); stroke-width: 0.5; } .axis { stroke: currentColor; fill: none; }
.curve { stroke: var(--genuine); stroke-width: 2; fill: none; } .mark { fill: var(--impostor); stroke: currentColor; } .threshold { stroke: currentColor; stroke-dasharray: 4 3; }
path.genuine { fill: var(--genuine); fill-opacity: 0.65; } path.impostor { fill: var(--impostor); fill-opacity: 0.65; }
b.genuine { color: var(--genuine); } b.impostor { color: var(--impostor); } .wrong { color: #d55e00; }
.pairs { display: grid; grid-template-columns: repeat(auto-fill, minmax(19rem, 1fr)); gap: 1.2rem; padding: 0; list-style: none; }
.pairs li { display: flex; flex-wrap: wrap; gap: 0.4rem; } .pairs p { margin: 0; width: 100%; font-size: 0.9rem; }
.pairs img { display: block; width: 140px; height: 140px; border-radius: 4px; }
.pairs figcaption { font-size: 0.8rem; width: 140px; overflow-wrap: anywhere; } footer { margin-top: 3rem; font-size: 0.8rem; }
`;

const SIDE_PX = 140;
/** Side of the picture, as a multiple of the longer side of the face box. */
const SURROUNDINGS = 1.8;
const JPEG_QUALITY = 80;

/** The face and its surroundings as a `data:` URL. */
async function faceDataUrl({ path, box }: Pick<ComparedPhoto, 'path' | 'box'>): Promise<string> {
  const upright = await sharp(path).rotate().toBuffer({ resolveWithObject: true });
  const { width, height } = upright.info;
  const side = Math.max(box.width, box.height) * SURROUNDINGS;
  const left = clamp(Math.round(box.x + box.width / 2 - side / 2), width - 1);
  const top = clamp(Math.round(box.y + box.height / 2 - side / 2), height - 1);
  const right = Math.max(left + 1, clamp(Math.round(box.x + box.width / 2 + side / 2), width));
  const bottom = Math.max(top + 1, clamp(Math.round(box.y + box.height / 2 + side / 2), height));
  const jpeg = await sharp(upright.data)
    .extract({ left, top, width: right - left, height: bottom - top })
    .resize(SIDE_PX, SIDE_PX, { fit: 'cover' })
    .flatten({ background: 'white' })
    .jpeg({ quality: JPEG_QUALITY })
    .toBuffer();
  return `data:image/jpeg;base64,${jpeg.toString('base64')}`;
}

function clamp(value: number, most: number): number {
  return Math.min(Math.max(value, 0), most);
}
