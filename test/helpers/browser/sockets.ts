import type { Page } from 'playwright-core';

/** The traffic on the WebSockets of a page. */
export interface SocketUse {
  readonly urls: string[];
  open: number;
  sent: number;
  answered: number;
  /** Maximum number of frames without a response, over all sockets. */
  mostUnderWay: number;
  /** URLs of requests to `/recognize`, with the query. */
  readonly posts: string[];
}

/** Records how a page sends frames. Call it before its camera starts. */
export function watchSockets(page: Page): SocketUse {
  const use: SocketUse = { urls: [], open: 0, sent: 0, answered: 0, mostUnderWay: 0, posts: [] };
  page.on('websocket', (socket) => {
    use.urls.push(socket.url());
    use.open++;
    socket.on('framesent', () => {
      use.sent++;
      use.mostUnderWay = Math.max(use.mostUnderWay, use.sent - use.answered);
    });
    socket.on('framereceived', () => use.answered++);
    socket.on('close', () => use.open--);
  });
  page.on('request', (request) => {
    const { pathname, search } = new URL(request.url());
    if (pathname === '/recognize') use.posts.push(search);
  });
  return use;
}
