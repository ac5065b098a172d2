import type { IncomingMessage } from 'node:http';
import type { Request, RequestHandler } from 'express';

/** One or more segments without reserved characters. */
const PATH = /^(?:\/[\w.~-]+)+$/;
const MAX_LENGTH = 200;

export function isPublicPath(text: string): boolean {
  return PATH.test(text) && text.length <= MAX_LENGTH && !/\/\.\.?(?:\/|$)/.test(text);
}

/** The path of the server in the URLs that browsers use; empty where it is at the root of its host. */
export class PublicPath {
  /**
   * @param base the setting: empty, or such as `/faces`
   * @param isProxy Express's function of the setting `trust proxy`
   */
  constructor(
    private readonly base: string,
    private readonly isProxy: (address: string, hop: number) => boolean,
  ) {}

  /** `X-Forwarded-Prefix` of a trusted proxy, otherwise the setting. Several proxies each append what they removed. */
  of({ headers, socket }: IncomingMessage): string {
    const given = headers['x-forwarded-prefix'];
    if (given === undefined || !this.isProxy(socket.remoteAddress ?? '', 0)) return this.base;
    const parts = [given].flat().join(',').split(',');
    const path = parts.map((part) => part.trim().replace(/\/$/, '')).join('');
    return path === '' || isPublicPath(path) ? path : this.base;
  }

  /** The URL within the server: proxies may remove the path, or pass it on. Null for the path without a slash at its end. */
  within(request: IncomingMessage): string | null {
    const { url = '/' } = request;
    for (const path of new Set([this.of(request), this.base])) {
      if (path === '' || !url.startsWith(path)) continue;
      const rest = url.slice(path.length);
      if (rest.startsWith('/')) return rest;
      if (rest === '' || rest.startsWith('?')) return null;
    }
    return url;
  }
}

/** Middleware: routes see the URL within the server, and {@link publicPathOf} returns the path. */
export function belowPath(publicPath: PublicPath): RequestHandler {
  return (request, response, next) => {
    const path = publicPath.of(request);
    const url = publicPath.within(request);
    response.locals.publicPath = path;
    if (url === null) return response.redirect(308, `${path}/`);
    request.url = url;
    // Of redirects to folders.
    request.originalUrl = path + url;
    next();
  };
}

export function publicPathOf(request: Request): string {
  return (request.res?.locals.publicPath as string | undefined) ?? '';
}
