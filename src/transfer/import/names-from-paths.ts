import { extname } from 'node:path';
import { EXTENSION, nameFromFileName, parsePersonName } from '../../people/person-name.js';
import { doubtOf, doubtSentence, type NameDoubt } from '../../people/unlikely-name.js';
import { RostroError } from '../../shared/errors.js';

/**
 * What names the person on a photo.
 * - `auto`: the folder or the file, whichever can only be a person's; a photo of which neither is certain is refused.
 * - `folder`: the innermost folder that may be a person's name; the file where there is no folder.
 * - `top-folder`: the first folder below those that all photos have in common.
 * - `file`: the file.
 */
export const NAMED_BY = ['auto', 'folder', 'top-folder', 'file'] as const;
export type NamedBy = (typeof NAMED_BY)[number];

export interface NamedPath {
  readonly file: string;
  /** Valid and normalised. */
  readonly name: string;
  readonly from: 'folder' | 'file';
}

export interface UnnamedPath {
  readonly file: string;
  /** `unclear_name`, `bad_name`, `not_an_image` */
  readonly error: RostroError;
}

/** A path with its parts. */
interface Parts {
  readonly file: string;
  readonly stem: string;
  readonly stemDoubt: NameDoubt | null;
  /** All folders, outermost first. */
  readonly folders: readonly string[];
  /** Those that may be a person's name. */
  readonly chain: readonly string[];
}

/** Files beside photos, by extension. Files of other extensions are opened: a photo may have none. */
const VIDEOS = ['.mov', '.mp4', '.m4v', '.avi', '.3gp', '.mkv', '.webm', '.mts', '.mpg', '.mpeg', '.wmv', '.insv'];
const OTHERS = [
  ...['.aae', '.xmp', '.thm', '.json', '.xml', '.yml', '.yaml', '.csv', '.tsv', '.txt', '.md', '.html', '.log', '.url'],
  ...['.pdf', '.doc', '.docx', '.xls', '.xlsx', '.ods', '.odt', '.ppt', '.pptx', '.db', '.ini', '.npy', '.pkl', '.zip'],
  ...['.rar', '.7z', '.tar', '.gz', '.mp3', '.m4a', '.wav', '.aac'],
];
const NO_PHOTOS: ReadonlyMap<string, string> = new Map([
  ...VIDEOS.map((extension) => [extension, 'video, not a photo'] as const),
  ...OTHERS.map((extension) => [extension, `${extension.slice(1)} file, not a photo`] as const),
]);

/**
 * Names the person on each photo from its path alone. Names of cameras, dates and words such as "staff" are passed over
 * where another part of the path may be a name, and refused otherwise.
 * @param paths relative, with forward slashes
 */
export function namesFromPaths(paths: readonly string[], by: NamedBy): (NamedPath | UnnamedPath)[] {
  const isLikely = cached((folder) => doubtOf(folder) === null);
  const photos = new Map<string, Parts>();
  for (const file of paths) if (skipReason(file) === undefined) photos.set(file, partsOf(file, isLikely));
  const folderOf = READERS[by]([...photos.values()]);
  const parsed = cached(parsePersonName);
  return paths.map((file) => {
    const parts = photos.get(file);
    try {
      if (parts === undefined) throw new RostroError('not_an_image', skipReason(file)!);
      const folder = folderOf(parts);
      if (folder === null) return { file, name: nameFromFileName(file.split('/').at(-1)!), from: 'file' };
      return { file, name: parsed(folder), from: 'folder' };
    } catch (error) {
      if (error instanceof RostroError) return { file, error };
      throw error;
    }
  });
}

/** Thousands of photos are in the same folders. */
function cached<T>(work: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const value = known.has(text) ? known.get(text)! : work(text);
    known.set(text, value);
    return value;
  };
}

const skipReason = (file: string) => NO_PHOTOS.get(extname(file).toLowerCase());

function partsOf(file: string, isLikely: (folder: string) => boolean): Parts {
  const folders = file.split('/').map((part) => part.trim().normalize('NFC'));
  const stem = folders.pop()!.replace(EXTENSION, '');
  return { file, stem, stemDoubt: doubtOf(stem), folders, chain: folders.filter(isLikely) };
}

/** The folder that is named after the person; null where the file is. @throws RostroError `unclear_name` */
type NameReader = (parts: Parts) => string | null;

const READERS: Readonly<Record<NamedBy, (all: readonly Parts[]) => NameReader>> = {
  auto: automatic,
  folder: () => (parts) => {
    const folder = parts.chain.at(-1) ?? parts.folders.findLast((one) => doubtOf(one) !== 'device');
    return folder ?? byFile(parts);
  },
  'top-folder': (all) => {
    const depth = commonDepth(all);
    return (parts) => {
      const folder =
        parts.chain.at(depth) ?? parts.chain.at(-1) ?? parts.folders.find((one) => doubtOf(one) !== 'device');
      return folder ?? byFile(parts);
    };
  },
  file: () => (parts) => {
    if (parts.stemDoubt === 'device') throw doubtful(parts.stem, parts.stemDoubt);
    return null;
  },
};

function byFile({ stem, stemDoubt }: Parts): null {
  if (stemDoubt !== null) throw doubtful(stem, stemDoubt);
  return null;
}

/** How many folders at the beginning all photos that are in folders have in common, without their last. */
function commonDepth(all: readonly Parts[]): number {
  const chains = all.map(({ chain }) => chain).filter(({ length }) => length > 0);
  let depth = 0;
  const isCommon = (at: number) => chains.every((chain) => chain[at] === chains[0][at] && chain.length > at + 1);
  while (chains.length > 0 && isCommon(depth)) depth++;
  return depth;
}

/**
 * Names a folder as the person only where it cannot have several people in it: photos of several people as one person
 * would be recognised as that person for ever.
 */
function automatic(all: readonly Parts[]): NameReader {
  const depth = commonDepth(all);
  const isDeeper = ({ chain }: Parts) => chain.length > depth + 1;
  const branches = new Map<string, Parts[]>();
  for (const parts of all) {
    const top = parts.chain.at(depth);
    if (top === undefined) continue;
    const photos = branches.get(top);
    if (photos) photos.push(parts);
    else branches.set(top, [parts]);
  }
  const isPerson = ([top, photos]: [string, readonly Parts[]]) =>
    photos.some(({ stem }) => continues(stem, top)) ||
    (!photos.some(isDeeper) && (branches.size > 1 || photos.every(({ stemDoubt }) => stemDoubt !== null)));
  const people = new Set([...branches].filter(isPerson).map(([top]) => top));
  return (parts) => {
    const top = parts.chain.at(depth);
    if (top === undefined) return withoutFolder(parts);
    if (people.has(top)) return top;
    if (isDeeper(parts)) throw ambiguous(top, parts.chain.at(-1)!, true);
    throw parts.stemDoubt === null ? ambiguous(top, parts.stem, false) : doubtful(parts.stem, parts.stemDoubt);
  };
}

/** No folder of the photo may be a person's name: its file is, or a folder with a number, such as an employee's. */
function withoutFolder(parts: Parts): string | null {
  if (parts.stemDoubt === null) return null;
  const [last = ''] = parts.folders.slice(-1);
  const hasDate = parts.folders.some((folder) => doubtOf(folder) === 'date');
  if (doubtOf(last) === 'number' && !hasDate && /\d{3}|[a-z]/i.test(last)) return last;
  throw doubtful(parts.stem, parts.stemDoubt);
}

/** `Ada_0001`, `ada (2)` for the folder `Ada`. */
function continues(stem: string, folder: string): boolean {
  if (stem.slice(0, 1).toLowerCase() !== folder.slice(0, 1).toLowerCase()) return false;
  const [text, start] = [stem, folder].map((one) => one.toLowerCase().replace(/[\s_-]+/g, ' '));
  return text.startsWith(start) && /^\P{L}*$/u.test(text.slice(start.length));
}

function doubtful(stem: string, doubt: NameDoubt): RostroError {
  return unclear(`${doubtSentence(stem, doubt)} Name the photo or its folder after the person, or import with a list.`);
}

function ambiguous(folder: string, inner: string, isFolder: boolean): RostroError {
  const [what, by] = isFolder ? ['folder in it', '"folder"'] : ['file', '"file"'];
  const other = isFolder ? '"top-folder"' : '"folder"';
  return unclear(
    `Either the folder "${folder}" or the ${what}, "${inner}", is named after the person: import by ${other} or by ${by}.`,
  );
}

function unclear(message: string): RostroError {
  return new RostroError('unclear_name', message);
}
