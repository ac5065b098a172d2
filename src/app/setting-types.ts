import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { z } from 'zod';
import { encodeCredentials } from '../shared/url-credentials.js';
import { isPublicPath } from '../http/public-path.js';
import type { Margin } from '../faces/image/crop-area.js';

/** Types of settings: each reads the text of an environment variable, and its error says which values are allowed. */

export const port = z.coerce.number().int().min(0).max(65535);
export const count = z.coerce.number().int().min(1);
export const positive = z.coerce.number().gt(0);
/** In bytes. */
export const megabytes = positive.transform((given) => Math.round(given * 1024 * 1024));
/** In pixels. */
export const megapixels = positive.transform((given) => Math.round(given * 1e6));
/** 0 is no limit. */
export const requestsPerMinute = z.coerce.number().int().min(0);
export const threshold = z.string().transform((text, context): number | 'auto' => {
  if (text === 'auto') return text;
  const value = Number(text);
  if (value > 0 && value <= 2) return value;
  context.addIssue('give auto, or a distance above 0 and up to 2');
  return z.NEVER;
});
export const probability = z.coerce.number().min(0).max(1);

export const margin = z.string().transform((text, context): Margin => {
  const match = /^(\d+(?:\.\d+)?)(px|%)$/.exec(text.trim());
  if (match) return match[2] === 'px' ? { px: Number(match[1]) } : { share: Number(match[1]) / 100 };
  context.addIssue('give a share of the face box such as 38%, or pixels such as 44px');
  return z.NEVER;
});

export const stageThresholds = z.string().transform((text, context): readonly [number, number, number] => {
  const values = text.split(',').map(Number);
  if (values.length === 3 && values.every((value) => value > 0 && value < 1)) return values as [number, number, number];
  context.addIssue('give three numbers between 0 and 1, such as 0.6,0.7,0.7');
  return z.NEVER;
});

/** `facenet-2018` is the newest FaceNet of that year, `facenet-20180402-114759` exactly this one. */
export const embedder = z
  .string()
  .regex(
    /^(?!facenet-)[a-z0-9][a-z0-9._-]{0,63}$|^facenet-(?:\d{4}|\d{8}-\d{6})$/,
    'give auto, face-api, facenet, a FaceNet by its year or version such as facenet-2018, or the name of a model card',
  );

export const bit = z.enum(['0', '1', 'false', 'true']).transform((text) => text === '1' || text === 'true');
export const milliseconds = z.coerce.number().int().min(100).max(86_400_000);

/** Absolute. */
export const path = z.string().transform((text) => resolve(text));

/** Absolute paths, separated by commas. */
export const fileList = z.string().transform((text): readonly string[] => {
  const paths = text.split(',').map((one) => one.trim());
  return paths.filter((one) => one !== '').map((one) => resolve(one));
});

/** As libpq reads it: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS */
export const databaseUrl = z.string().transform((text, context): string => {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isPostgres = url?.protocol === 'postgres:' || url?.protocol === 'postgresql:';
  if (isPostgres && url.pathname.length > 1) return text;
  context.addIssue('give the address of a database such as postgres://user:password@db.example:5432/rostro');
  return z.NEVER;
});

export const origins = z.string().transform((text, context): readonly string[] => {
  if (text === '') return [];
  const given = text.split(',').map((origin) => origin.trim());
  if (
    given.every((origin) => /^https?:\/\//.test(origin) && URL.canParse(origin) && new URL(origin).origin === origin)
  ) {
    return given;
  }
  context.addIssue('give origins such as https://door.example, separated by commas; * is not one');
  return z.NEVER;
});

/** Empty, or a path without a slash at its end. */
export const basePath = z.string().transform((text, context): string => {
  const path = text.replace(/\/$/, '');
  if (path === '' || isPublicPath(path)) return path;
  context.addIssue('give a path such as /faces, of letters, digits and . _ ~ -');
  return z.NEVER;
});

/** Named ranges of Express: https://expressjs.com/en/guide/behind-proxies.html */
const PROXY_RANGES = ['loopback', 'linklocal', 'uniquelocal'];
export const trustedProxies = z.string().transform((text, context): number | readonly string[] => {
  if (/^\d$/.test(text)) return Number(text);
  const given = text.split(',').map((one) => one.trim());
  if (given.every((one) => PROXY_RANGES.includes(one) || isIP(one.replace(/\/\d{1,3}$/, '')) > 0)) return given;
  context.addIssue('give how many proxies stand before the server, or their addresses, separated by commas');
  return z.NEVER;
});

const BROKER_SCHEMES = ['mqtt:', 'mqtts:', 'ws:', 'wss:'];
export const brokerUrl = z.string().transform((given, context): string => {
  const text = encodeCredentials(given);
  if (URL.canParse(text) && BROKER_SCHEMES.includes(new URL(text).protocol) && new URL(text).hostname !== '')
    return text;
  context.addIssue('give the URL of a broker such as mqtt://user:password@host:1883');
  return z.NEVER;
});

/** Source: MQTT 3.1.1, section 4.7: + and # are wildcards. */
export const topicPrefix = z
  .string()
  .max(100)
  .regex(/^[^+#\0/]+(\/[^+#\0/]+)*$/, 'give a topic without + and #, and without / at its ends');

/** Null for `off`. */
export const discoveryTopic = topicPrefix.transform((text) => (text === 'off' ? null : text));
