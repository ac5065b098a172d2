/**
 * The reference page: Scalar, as it lies in its npm package, over this server's own document.
 * @typedef {{ createApiReference(where: string, options: object): void }} ScalarLibrary
 */

/** @type {ScalarLibrary} */
const scalar = /** @type {any} */ (globalThis).Scalar;

scalar.createApiReference('#reference', {
  url: '/openapi.json',
  // Nothing is asked of another server: no fonts, no counting, no proxy, nobody to talk to.
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: 'never',

  // The theme is that of the other pages.
  forceDarkModeState: document.documentElement.dataset.bsTheme,
  hideDarkModeToggle: true,
  documentDownloadType: 'direct',
  showOperationId: true,
  operationTitleSource: 'summary',
  authentication: { preferredSecurityScheme: 'apiKey' },
});
