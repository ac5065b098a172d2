/**
 * A chart as a standalone SVG file, with its own background and colours for light and dark mode. The colours of the
 * series are from Okabe and Ito's palette, which colour-blind people can distinguish.
 */
const STYLE = `
svg { color: #1f2328; --ground: #ffffff; --a: #0072b2; --b: #d55e00; --c: #009e73; --d: #8a6d00; }
@media (prefers-color-scheme: dark) {
  svg { color: #e6edf3; --ground: #0d1117; --a: #56b4e9; --b: #e69f00; --c: #2fc79a; --d: #f0e442; }
}
.ground { fill: var(--ground); }
text { font: 12px system-ui, sans-serif; fill: currentColor; }
.title { font-size: 15px; font-weight: 600; }
.grid { stroke: currentColor; stroke-opacity: 0.15; }
.axis { stroke: currentColor; fill: none; }
.line { fill: none; stroke-width: 2; }
.halo { stroke: var(--ground); stroke-width: 4; paint-order: stroke; }
.a { stroke: var(--a); } .b { stroke: var(--b); } .c { stroke: var(--c); } .d { stroke: var(--d); }
.dot { stroke: none; } .dot.a { fill: var(--a); } .dot.b { fill: var(--b); } .dot.c { fill: var(--c); } .dot.d { fill: var(--d); }
.goal { stroke: currentColor; stroke-dasharray: 4 3; }
`;

export interface SheetSize {
  readonly width: number;
  readonly height: number;
}

/** @param description for screen readers; texts must be safe as XML */
export function sheet({ width, height }: SheetSize, title: string, description: string, drawing: string): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title description">`,
    `<title id="title">${title}</title>`,
    `<desc id="description">${description}</desc>`,
    `<style>${STYLE}</style>`,
    `<rect class="ground" width="${width}" height="${height}" rx="6"/>`,
    `<text class="title" x="16" y="26">${title}</text>`,
    drawing,
    '</svg>\n',
  ].join('\n');
}
