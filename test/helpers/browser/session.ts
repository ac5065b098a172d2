import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { SettingName } from '../../../src/app/config.js';
import { startServer, type TestServer } from '../server.js';
import { launchBrowser } from './browser.js';
import { cutPhotos, type Photos } from './photos.js';

/** How long a page may take to show what is awaited; the machine may be busy. */
const WAIT_MS = 90_000;

/** A page of the app, and what it did that it should not. */
export interface OpenPage {
  readonly page: Page;
  /** Texts of alert, confirm and prompt boxes: the app opens none. */
  readonly dialogs: readonly string[];
  /** Uncaught errors, and what the content security policy refused. */
  readonly errors: readonly string[];
}

/** The real server with the networks that are there after every install, and a browser. */
export interface Session {
  readonly server: TestServer;
  readonly photos: Photos;
  /** Opens a path in a browser profile of its own: 1280×800, English, light, unless told otherwise. */
  open(path: string, options?: BrowserContextOptions): Promise<OpenPage>;
  enrol(name: string, photo: Buffer): Promise<void>;
  /** Whoever is enrolled, by the server's own word. */
  names(): Promise<string[]>;
  close(): Promise<void>;
}

/** @param browserArgs more of what Chromium is launched with */
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
