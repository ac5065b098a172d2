import { get } from 'node:http';
import { get as getSecurely } from 'node:https';

/** Exit code 0 if `/readyz` answers 200 over HTTP or HTTPS. The certificate is not checked: it is for another host name. */
const port = Number(process.env.PORT ?? 5000);
const address = { host: '127.0.0.1', port, path: '/readyz', rejectUnauthorized: false, timeout: 4000 };

/** @param {typeof get} ask */
function isReady(ask) {
  return new Promise((resolve) => {
    const request = ask(address, (response) => resolve(response.statusCode === 200));
    request.on('error', () => resolve(false)).on('timeout', () => request.destroy());
  });
}

process.exit((await isReady(get)) || (await isReady(getSecurely)) ? 0 : 1);
