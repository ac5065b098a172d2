import type { Tensor } from './engine.js';

/**
 * What a network is fed, in the order of its inputs.
 * @throws Error when a feed is missing, unknown, or its data does not fill its dims
 */
export function checkedFeeds(
  inputs: readonly string[],
  feeds: Readonly<Record<string, Tensor>>,
): { readonly name: string; readonly feed: Tensor }[] {
  const checked = inputs.map((name) => {
    const feed = Object.hasOwn(feeds, name) ? feeds[name] : undefined;
    if (!feed) throw new Error(`the network needs the input "${name}"`);
    const size = feed.dims.reduce((product, dim) => product * dim, 1);
    if (size !== feed.data.length) {
      throw new Error(`input "${name}": ${feed.data.length} values do not fill [${feed.dims.join(', ')}]`);
    }
    return { name, feed };
  });
  const unknown = Object.keys(feeds).find((name) => !inputs.includes(name));
  if (unknown !== undefined) throw new Error(`the network has no input "${unknown}"`);
  return checked;
}
