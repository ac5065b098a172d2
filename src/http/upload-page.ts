import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Response } from 'express';
import type { ErrorBody } from './error-handler.js';

/** Why a photo was rejected, or a warning about an enrolled one. */
interface Remark {
  readonly code: string;
  readonly message: string;
}

export interface UploadOutcome {
  readonly enrolled: readonly {
    readonly file: string | null;
    readonly name: string;
    readonly outcome: 'enrolled' | 'already_there';
    readonly example: string;
    readonly warnings: readonly Remark[];
  }[];
  readonly rejected: readonly { readonly file: string | null; readonly error: ErrorBody }[];
}

export type Language = 'en' | 'es';

/** The sentence for a remark, in the language of the page. */
export type Sentence = (kind: 'error' | 'warning', remark: Remark) => string;

const TEXT = {
  en: {
    title: 'Enrolment',
    enrolled: 'Enrolled',
    already_there: 'This photo is enrolled already',
    rejected: 'Not enrolled',
    photo: 'Photo',
    back: 'Back to the people',
  },
  es: {
    title: 'Registro',
    enrolled: 'Registrado',
    already_there: 'Esta foto ya está registrada',
    rejected: 'No registrado',
    photo: 'Foto',
    back: 'Volver a las personas',
  },
} as const;

/** The reply to a form that was sent without JavaScript: what was enrolled, what was rejected, and why. */
export async function sendUploadPage(
  response: Response,
  status: number,
  outcome: UploadOutcome,
  publicDir: string,
): Promise<void> {
  const language: Language = response.req.acceptsLanguages('en', 'es') === 'es' ? 'es' : 'en';
  const strings = await pageStrings(publicDir, language);
  response
    .status(status)
    .type('html')
    .send(uploadPage(outcome, language, (kind, { code, message }) => strings[`${kind}.${code}`] ?? message));
}

/** The strings of the web app, so that errors read the same with and without JavaScript. */
async function pageStrings(publicDir: string, language: Language): Promise<Readonly<Record<string, string>>> {
  const url = pathToFileURL(join(publicDir, 'js', 'strings', 'common.js')).href;
  const { default: table } = (await import(url)) as { default: Record<Language, Record<string, string>> };
  return table[language];
}

export function uploadPage({ enrolled, rejected }: UploadOutcome, language: Language, sentence: Sentence): string {
  const text = TEXT[language];
  const done = enrolled.map(({ name, outcome, example, warnings }) => {
    const crop = `people/${encodeURIComponent(name)}/examples/${encodeURIComponent(example)}/crop`;
    const picture = `<img src="${crop}" alt="" width="96" height="96" class="rounded object-fit-cover me-3" />`;
    const remarks = warnings.map((warning) => sentence('warning', warning));
    return item(picture, name, [text[outcome], ...remarks].join('. '));
  });
  const refused = rejected.map(({ file, error }) =>
    item('', file ?? text.photo, `${text.rejected}: ${sentence('error', error)}`),
  );
  return `<!doctype html>
<html lang="${language}">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>${text.title} · Rostro</title>
    <link rel="icon" href="img/logo.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="vendor/bootstrap/css/bootstrap.min.css" />
    <link rel="stylesheet" href="css/rostro.css" />
  </head>
  <body>
    <main class="container py-4">
      <h1 class="h3">${text.title}</h1>
      <ul class="list-group my-3">${[...done, ...refused].join('')}</ul>
      <a class="btn btn-primary" href="./">${text.back}</a>
    </main>
  </body>
</html>
`;
}

function item(picture: string, title: string, detail: string): string {
  return `<li class="list-group-item d-flex align-items-center">${picture}<div><strong>${escapeHtml(title)}</strong><br />${escapeHtml(detail)}</div></li>`;
}

function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character]);
}
