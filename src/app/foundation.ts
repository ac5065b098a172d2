import type { AuditTrail } from '../privacy/audit/trail.js';
import type { Config } from './config.js';
import type { EmbedderContract } from '../faces/embed/embedder.js';
import type { Logger } from '../shared/logger.js';
import { createLogger } from '../shared/pino-logger.js';
import { AuditedGallery } from '../privacy/audited-gallery.js';
import { readKeys } from '../gallery/sealing/key-file.js';
import { vaultOf, type Vault } from '../gallery/sealing/vault.js';
import { lockFolder, openGallery, type GalleryAccess, type OpenedGallery, type TakenLock } from './open-gallery.js';
import { openStores, type Stores } from './stores.js';

/** What has to be done at the end, last thing first. */
export type Closing = (() => Promise<unknown> | undefined)[];

export interface FoundationChoices {
  readonly log?: Logger;
  /** Default: `write`. */
  readonly access?: GalleryAccess;
  /** Those that were opened already; they are closed with the rest. */
  readonly stores?: Stores;
}

/** What everything else stands on, before it is known whose embeddings the gallery has. */
export interface Foundation extends TakenLock {
  readonly log: Logger;
  readonly access: GalleryAccess;
  readonly stores: Stores;
  readonly trail: AuditTrail;
  readonly vault: Vault;
}

export interface FoundGallery extends Omit<OpenedGallery, 'gallery'> {
  readonly gallery: AuditedGallery;
  /** Nothing may be written: another process holds the folder's lock, or the disk takes nothing. */
  readonly isReadOnly: boolean;
}

/**
 * Makes something of several steps.
 * @param build puts what is to be undone at the end into `closing`; where it fails, that is done at once
 */
export async function closeable<T extends object>(
  build: (closing: Closing) => Promise<T>,
): Promise<T & { close(): Promise<void> }> {
  const closing: Closing = [];
  const close = async (): Promise<void> => {
    for (const step of closing.splice(0).reverse()) await step();
  };
  try {
    return { ...(await build(closing)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Takes the lock, so that whoever comes second loads no networks. @throws RostroError `gallery_locked`, those of the stores */
export async function layFoundation(
  config: Config,
  { access = 'write', ...choices }: FoundationChoices,
  closing: Closing,
): Promise<Foundation> {
  const { log = createLogger({ level: config.logLevel, format: 'text' }, process.stderr) } = choices;
  const stores = choices.stores ?? (await openStores(config));
  closing.push(() => stores.close());
  const vault = vaultOf(await readKeys(config.encryptionKeyFiles));
  const taken = await lockFolder(config, access);
  closing.push(() => taken.lock?.release());
  return { ...taken, log, access, stores, trail: stores.trail, vault };
}

/** @throws RostroError when the gallery is not usable; the message says why, and what to do */
export async function openOn(
  { stores: { database }, trail, vault, log, access, lock }: Foundation,
  config: Config,
  contract: EmbedderContract,
  closing: Closing,
): Promise<FoundGallery> {
  const opened = await openGallery(config, { database, contract, vault, log, access, lock });
  closing.push(() => opened.gallery.close());
  return {
    ...opened,
    gallery: new AuditedGallery(opened.gallery, trail),
    isReadOnly: lock === null && database === null,
  };
}
