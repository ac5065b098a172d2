import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import puppeteer, { type Browser as Firefox } from 'puppeteer-core';

/** Path of Chromium: `CHROMIUM` in the environment, else on the PATH. */
const chromiumPath = executable(process.env.CHROMIUM, ['chromium', 'chromium-browser', 'google-chrome']);
/** Path of Firefox: `FIREFOX` in the environment, else on the PATH. */
const firefoxPath = executable(process.env.FIREFOX, ['firefox-esr', 'firefox']);

export const hasChromium = chromiumPath !== undefined;

/** Appended to the title of a suite that is skipped, so that the report says why. */
export const needsChromium = hasChromium ? '' : ' (skipped: needs Chromium on the PATH or in CHROMIUM)';

export const hasFirefox = firefoxPath !== undefined;
export const needsFirefox = hasFirefox ? '' : ' (skipped: needs Firefox on the PATH or in FIREFOX)';

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

/**
 * A headless Firefox, driven over WebDriver BiDi. Puppeteer drives a released Firefox; Playwright 1.65 sends commands that
 * Firefox ESR does not know.
 */
export function launchFirefox(): Promise<Firefox> {
  return puppeteer.launch({ browser: 'firefox', executablePath: firefoxPath, headless: true });
}

/** @param named a path from the environment; it wins over the names on the PATH */
function executable(named: string | undefined, names: readonly string[]): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const onPath = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  return [named, ...onPath].find((path) => path !== undefined && path !== '' && isExecutable(path));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
