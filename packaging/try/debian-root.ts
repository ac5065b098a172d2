import { must, printed } from './shell.js';

/**
 * Makes a root like that of an image such as `debian:trixie-slim`: Debian's essential packages, from this machine's mirror.
 * @param packages further packages
 * @throws Error if the image is not Debian's or this machine has no Debian mirror
 */
export function makeDebianRoot(image: string, dir: string, packages: readonly string[] = []): void {
  const suite = /^debian:([a-z]+)(?:-slim)?(?:@sha256:[0-9a-f]{64})?$/.exec(image)?.[1];
  if (suite === undefined) throw new Error(`${image} is no image of Debian; only those can be made here.`);
  const include = packages.length === 0 ? [] : [`--include=${packages.join(',')}`];
  must('mmdebstrap', ['--quiet', '--variant=minbase', ...include, suite, dir, debianMirror()]);
}

function debianMirror(): string {
  const targets = printed('apt-get', ['indextargets', '--format', '$(REPO_URI) $(LABEL)', 'Created-By: Packages']);
  const found = targets.split('\n').find((line) => line.endsWith(' Debian'));
  if (found === undefined) throw new Error('This machine has no mirror of Debian in its apt sources.');
  return found.split(' ')[0];
}
