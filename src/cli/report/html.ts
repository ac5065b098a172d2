import type { PhotoRef } from '../../evaluation/pairs.js';
import type { ScoredPair } from '../../evaluation/validate.js';
import type { ValidationRun } from '../validate.js';
import { histogramChart } from './histogram-chart.js';
import { figuresOf, sampleWarning } from './lines.js';
import { faceDataUrl } from './pictures.js';
import { rocChart } from './roc-chart.js';
import { STYLE } from './style.js';

/** A validation as one HTML file that needs nothing else: figures, charts, and the worst pairs as pictures. */
export async function htmlReport(run: ValidationRun): Promise<string> {
  const { roc, histogram, threshold, worst } = run.validation;
  const warning = sampleWarning(run);
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>Rostro: ${escapeHtml(run.embedder)} on pairs of photos</title><style>${STYLE}</style></head><body>`,
    `<h1>How well ${escapeHtml(run.detector)} + ${escapeHtml(run.embedder)} tell people apart</h1>`,
    `<table>${figuresOf(run).map(figureRow).join('')}</table>`,
    warning === null ? '' : `<p>${escapeHtml(warning)}</p>`,
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
    `<footer>Embedder contract ${escapeHtml(run.contract)}.</footer>`,
    '</body></html>\n',
  ].join('\n');
}

/** Makes any text safe between tags and in quoted attributes: names come from folders and files. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function figureRow([label, value]: [string, string]): string {
  return `<tr><th>${escapeHtml(label)}</th><td>${escapeHtml(value)}</td></tr>`;
}

async function pairList(pairs: readonly ScoredPair[]): Promise<string> {
  const items = await Promise.all(pairs.map(pairItem));
  return `<ol class="pairs">${items.join('\n')}</ol>`;
}

async function pairItem({ pair, distance, wrong }: ScoredPair): Promise<string> {
  const pictures = await Promise.all(
    [pair.first, pair.second].map(async (photo, i) => {
      const name = escapeHtml(nameOf(i === 0 ? pair.a : pair.b));
      return `<figure><img src="${await faceDataUrl(photo)}" alt="${name}"><figcaption>${name}</figcaption></figure>`;
    }),
  );
  const verdict = wrong ? '<b class="wrong">decided wrongly</b>' : 'decided rightly';
  return `<li>${pictures.join('')}<p>distance ${distance.toFixed(3)}, ${verdict}</p></li>`;
}

function nameOf({ person, number }: PhotoRef): string {
  return `${person.replaceAll('_', ' ')} ${number}`;
}

function missingList({ missing }: ValidationRun): string {
  if (missing.length === 0) return '';
  const rows = missing.map(({ photo, message, pairs }) => figureRow([photo, `${message} Pairs left out: ${pairs}.`]));
  return `<h2>Photos left out</h2><table>${rows.join('')}</table>`;
}
