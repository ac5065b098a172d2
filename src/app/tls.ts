import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { RostroError } from '../shared/errors.js';
import { makePrivateFolder, PUBLIC_FILE, replaceFile } from '../shared/files.js';

export interface TlsFiles {
  readonly key: Buffer;
  readonly cert: Buffer;
}

const VALID_DAYS = 825;
const RENEW_BEFORE_MS = 30 * 24 * 60 * 60 * 1000;

/** @throws RostroError `bad_config` when a file cannot be read */
export async function readTlsFiles(certPath: string, keyPath: string): Promise<TlsFiles> {
  const [cert, key] = await Promise.all(
    [certPath, keyPath].map((path) =>
      readFile(path).catch((cause: unknown) => {
        throw new RostroError('bad_config', `Cannot read ${path} for TLS.`, { cause });
      }),
    ),
  );
  return { cert, key };
}

/**
 * A self-signed certificate for the names and addresses of this machine. It is stored in `stateDir` and reused until shortly
 * before it expires, so that a browser's exception for it stays valid.
 */
export async function selfSignedTls(stateDir: string): Promise<TlsFiles> {
  const [certPath, keyPath] = [join(stateDir, 'tls-cert.pem'), join(stateDir, 'tls-key.pem')];
  const kept = await readTlsFiles(certPath, keyPath).catch(() => null);
  if (kept && isStillGood(kept.cert)) return kept;

  // Its X.509 library takes 60 ms to load, which a server with other certificates or none does not need.
  const { generate } = await import('selfsigned');
  const notAfterDate = new Date(Date.now() + VALID_DAYS * 24 * 60 * 60 * 1000);
  const made = await generate([{ name: 'commonName', value: 'Rostro' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notAfterDate,
    extensions: [{ name: 'subjectAltName', altNames: ownNames() }],
  });
  await makePrivateFolder(stateDir);
  await replaceFile(keyPath, made.private, { sync: 'none' });
  await replaceFile(certPath, made.cert, { mode: PUBLIC_FILE, sync: 'none' });
  return { key: Buffer.from(made.private), cert: Buffer.from(made.cert) };
}

function isStillGood(cert: Buffer): boolean {
  try {
    return Date.parse(new X509Certificate(cert).validTo) - Date.now() > RENEW_BEFORE_MS;
  } catch {
    return false;
  }
}

/** DNS names are of type 2, addresses of type 7 (RFC 5280, GeneralName). */
function ownNames() {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
  const plain = addresses.filter((address) => !address.includes('%'));
  return [
    ...['localhost', hostname()].map((value) => ({ type: 2 as const, value })),
    ...[...new Set(['127.0.0.1', '::1', ...plain])].map((ip) => ({ type: 7 as const, ip })),
  ];
}
