import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Path of Chromium: `CHROMIUM` in the environment, else on the PATH. */
const chromiumPath = [
  process.env.CHROMIUM,
  ...(process.env.PATH ?? '').split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name))),
].find((path) => path !== undefined && path !== '' && isExecutable(path));

export const hasChromium = chromiumPath !== undefined;

/** Appended to the title of a suite that is skipped, so that the report says why. */
export const needsChromium = hasChromium ? '' : ' (skipped: needs Chromium on the PATH or in CHROMIUM)';

/** A headless Chromium that connects only to the server under test. */
export function launchBrowser(extraArgs: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...extraArgs,
    ],
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
