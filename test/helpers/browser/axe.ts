import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}
declare const axe: { run(): Promise<{ violations: Violation[] }> };

/** The folder of the pictures; null without `SCREENSHOTS=1`. */
const screenshots =
  process.env.SCREENSHOTS === '1' ? fileURLToPath(new URL('../../tmp/screenshots/', import.meta.url)) : null;
const PHONE = { width: 360, height: 740 };
let pictures = 0;

/**
 * Violations on a page that axe-core rates serious or worse. With `SCREENSHOTS=1` each state that is checked is kept as two
 * pictures, one of them as wide as a phone.
 */
export async function findings(page: Page): Promise<string[]> {
  if (screenshots !== null) await photograph(page, screenshots);
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => axe.run());
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`));
}

async function photograph(page: Page, folder: string): Promise<void> {
  const test = expect.getState().currentTestName?.replace(/[^\w]+/g, '-');
  const file = `${folder}${test}-${++pictures}`;
  const viewport = page.viewportSize();
  await page.screenshot({ path: `${file}.png`, fullPage: true });
  await page.setViewportSize(PHONE);
  await page.screenshot({ path: `${file}-phone.png`, fullPage: true });
  if (viewport !== null) await page.setViewportSize(viewport);
}
