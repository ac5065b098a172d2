import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { SettingName } from '../../../src/app/settings.js';
import { startServer, type TestServer } from '../server.js';
import { launchBrowser } from './browser.js';
import { cutPhotos, type Photos } from './photos.js';

/** Time limit for a page; generous, because the machine may be busy. */
const WAIT_MS = 90_000;

/** A page of the app, with its errors. */
export interface OpenPage {
  readonly page: Page;
  /** Texts of alert, confirm and prompt boxes: the app opens none. */
  readonly dialogs: readonly string[];
  /** Uncaught errors and violations of the content security policy. */
  readonly errors: readonly string[];
}

/** The real server with the installed networks, and a browser. */
export interface Session {
  readonly server: TestServer;
  readonly photos: Photos;
  /** Opens a path in a new browser profile. Default: 1280×800, English, light. */
  open(path: string, options?: BrowserContextOptions): Promise<OpenPage>;
  enrol(name: string, photo: Buffer): Promise<void>;
  /** The names of the enrolled people, from the server. */
  names(): Promise<string[]>;
  close(): Promise<void>;
}

/** @param browserArgs further arguments of Chromium */
export async function startSession(
  browserArgs: readonly string[] = [],
  settings: Partial<Record<SettingName, string>> = {},
): Promise<Session> {
  const [server, browser, photos] = await Promise.all([
    startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', ...settings }),
    launchBrowser(browserArgs),
    cutPhotos(),
  ]);
  return {
    server,
    photos,
    open: (path, options) => openPage(browser, server.url + path, options),
    enrol: (name, photo) => enrolAt(server.url, name, photo),
    names: () => namesAt(server.url),
    async close() {
      await browser.close();
      await server.close();
    },
  };
}

export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    colorScheme: 'light',
    ...options,
  });
  context.setDefaultTimeout(WAIT_MS);
  const page = await context.newPage();
  const dialogs: string[] = [];
  const errors: string[] = [];
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text())) errors.push(message.text());
  });
  await page.goto(url);
  return { page, dialogs, errors };
}

async function enrolAt(url: string, name: string, photo: Buffer): Promise<void> {
  const body = new FormData();
  body.append('name', name);
  body.append('file', new Blob([new Uint8Array(photo)]), 'photo.jpg');
  const reply = await fetch(`${url}/upload`, { method: 'POST', body });
  if (reply.status !== 201) throw new Error(`could not enrol ${name}: ${await reply.text()}`);
}

async function namesAt(url: string): Promise<string[]> {
  const reply = await fetch(`${url}/people?size=500`);
  const { people } = (await reply.json()) as { people: { name: string }[] };
  return people.map(({ name }) => name);
}
