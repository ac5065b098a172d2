/** Where the service worker puts photos that a phone shared with the app. */
const CACHE = 'rostro-shared';
/** Photos that nobody took in this time are thrown away: perhaps another person is logged in now. */
const KEPT_MS = 10 * 60 * 1000;

/** Takes the photos that were shared with the app; they are deleted from the cache at once. @returns {Promise<File[]>} */
export async function takeSharedPhotos() {
  const isShared = new URLSearchParams(location.search).has('shared');
  if (!isShared || !('caches' in globalThis)) return [];
  const cache = await caches.open(CACHE);
  const replies = await Promise.all((await cache.keys()).map((key) => cache.match(key)));
  await forgetSharedPhotos();
  return Promise.all(
    replies
      .filter((reply) => reply !== undefined)
      .filter(isRecent)
      .map(fileOf),
  );
}

/** Deletes what was shared and not taken, for the end of a login. */
export async function forgetSharedPhotos() {
  if ('caches' in globalThis) await caches.delete(CACHE);
}

/** @param {Response} reply */
function isRecent({ headers }) {
  return Date.now() - Number(headers.get('x-shared-at')) < KEPT_MS;
}

/** @param {Response} reply @returns {Promise<File>} */
async function fileOf(reply) {
  const blob = await reply.blob();
  const name = decodeURIComponent(reply.headers.get('x-file-name') ?? 'photo');
  return new File([blob], name, { type: reply.headers.get('content-type') ?? '' });
}
