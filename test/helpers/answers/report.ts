import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readDocument } from './document.js';

const report = fileURLToPath(new URL('../../tmp/unseen-answers.txt', import.meta.url));

/** Reports the successful responses of the document that no test produced, and writes them to a file. For runs of the whole suite. */
export async function reportUnseen(folder: string): Promise<void> {
  const seen = new Set(
    readdirSync(folder)
      .filter((name) => name.endsWith('.seen'))
      .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n')),
  );
  if (seen.size === 0) return;
  const { Contract } = await import('./contract.js');
  const { answers } = new Contract(readDocument(folder));
  const unseen = answers.filter((name) => !seen.has(name));
  mkdirSync(join(report, '..'), { recursive: true });
  writeFileSync(report, [...unseen, ''].join('\n'));
  const successes = unseen.filter((name) => / 2\d\d$/.test(name));
  console.log(
    `Answers of the OpenAPI document: ${answers.length - unseen.length} of ${answers.length} seen, ${successes.length} successes not: ${report}`,
  );
}
