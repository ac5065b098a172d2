import { Router, type RequestHandler } from 'express';
import helmet from 'helmet';

const DIRECTIVES = {
  defaultSrc: ["'self'"],
  imgSrc: ["'self'", 'data:', 'blob:'],
  mediaSrc: ["'self'", 'blob:'],
  objectSrc: ["'none'"],
  baseUri: ["'self'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
};

/** Scripts and styles from this server only, none inline; the camera for this server's own pages only. */
export function securityHeaders(): RequestHandler[] {
  return [
    helmet({
      contentSecurityPolicy: { useDefaults: false, directives: DIRECTIVES },
      // Set by whoever has a certificate that browsers trust; a self-signed one must stay possible to leave.
      strictTransportSecurity: false,
    }),
    (_request, response, next) => {
      response.set('Permissions-Policy', 'camera=(self), microphone=(), geolocation=()');
      next();
    },
    Router().use('/docs', referencePolicy),
  ];
}

/** The reference page alone may have styles inline: Scalar brings its own in its script. */
const referencePolicy = helmet.contentSecurityPolicy({
  useDefaults: false,
  directives: { ...DIRECTIVES, scriptSrc: ["'self'"], styleSrc: ["'self'", "'unsafe-inline'"] },
});
