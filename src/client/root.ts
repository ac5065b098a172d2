/**
 * The address of a server without a slash at its end; the page's own where none is given.
 * @throws TypeError where there is none, or none that can be used
 */
export function rootOf(url: string | URL | undefined): string {
  const given = url ?? (globalThis as { location?: { origin: string } }).location?.origin;
  if (given === undefined) throw new TypeError('Give the url of the server, such as http://localhost:5000.');
  const { origin, pathname, protocol } = new URL(given);
  if (!/^https?:$/.test(protocol)) throw new TypeError(`${String(given)} is no address such as http://localhost:5000.`);
  return origin + pathname.replace(/\/+$/, '');
}
