/**
 * The API reference: Scalar from its npm package with this server's OpenAPI document.
 * @typedef {{ createApiReference(where: string, options: object): void }} ScalarLibrary
 */

/** @type {ScalarLibrary} */
const scalar = /** @type {any} */ (globalThis).Scalar;

scalar.createApiReference('#reference', {
  url: '../openapi.json',
  // No requests to other servers: no fonts, analytics, proxy or chat.
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: 'never',

  // Uses the theme of the other pages.
  forceDarkModeState: document.documentElement.dataset.bsTheme,
  hideDarkModeToggle: true,
  documentDownloadType: 'direct',
  showOperationId: true,
  operationTitleSource: 'summary',
  authentication: { preferredSecurityScheme: 'apiKey' },
});
