import type { Page } from 'playwright-core';
import { cameraPicture, fakeCamera, type Scene } from './fake-camera.js';
import { cutPhotos } from './photos.js';
import { startSession, type OpenPage, type Session } from './session.js';
import { watchSockets, type SocketUse } from './sockets.js';

/** The two faces of `twoPeople`, measured by hand from hairline to chin, pixels. */
export const ADA_FACE = { x: 57, y: 135, width: 160, height: 200 };
export const GRACE_FACE = { x: 370, y: 235, width: 145, height: 170 };

/** The person of `photos.portrait` on the left, that of `photos.otherPerson` on the right. */
export async function twoPeople(): Promise<Buffer> {
  const { portrait, otherPerson } = await cutPhotos();
  return cameraPicture([
    { photo: portrait, left: 20, top: 40, height: 320 },
    { photo: otherPerson, left: 340, top: 120, height: 320 },
  ]);
}

export interface LiveTestSession extends Session {
  /** Closes all pages: an open one keeps the server busy. */
  closePages(): Promise<void>;
}

/** A session whose browser has a camera that plays these scenes; the person of the portraits is enrolled as Ada Lovelace. */
export async function startLive(scenes: readonly Scene[], args: readonly string[] = []): Promise<LiveTestSession> {
  const camera = await fakeCamera(scenes);
  const session = await startSession([...camera.args, ...args]);
  await session.enrol('Ada Lovelace', session.photos.samePerson);
  const pages: Page[] = [];
  return {
    ...session,
    async open(path, options) {
      const open = await session.open(path, options);
      pages.push(open.page);
      return open;
    },
    async closePages() {
      await Promise.all(pages.splice(0).map((page) => page.context().close()));
    },
    async close() {
      await session.close();
      await camera.remove();
    },
  };
}

export interface RunningPage extends OpenPage {
  readonly sockets: SocketUse;
}

/** Opens the live page and starts its camera. */
export async function startCamera(
  session: Session,
  options: Parameters<Session['open']>[1] = {},
): Promise<RunningPage> {
  const open = await session.open('/live.html', options);
  const sockets = watchSockets(open.page);
  await open.page.locator('#start').click();
  await open.page.locator('#live[data-camera=running]').waitFor();
  return { ...open, sockets };
}

/** The item with this name in the list of faces. */
export const faceNamed = (page: Page, name: string) =>
  page.locator('.face-item', { has: page.locator('.face-name').getByText(name, { exact: true }) });

/** Who uses the camera: the source of the video, and the state of each track of all streams so far. */
export function cameraUse(page: Page): Promise<{ source: boolean; tracks: string[] }> {
  return page.evaluate(() => ({
    source: document.querySelector('video')?.srcObject !== null,
    tracks: (window as unknown as { handedOut: MediaStream[] }).handedOut.flatMap((stream) =>
      stream.getTracks().map(({ readyState }) => readyState),
    ),
  }));
}

/** Records every stream that the page gets. Call it before the camera starts. */
export async function watchStreams(page: Page): Promise<void> {
  await page.evaluate(() => {
    const handedOut: MediaStream[] = [];
    Object.assign(window, { handedOut });
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      const stream = await ask(constraints);
      handedOut.push(stream);
      return stream;
    };
  });
}
