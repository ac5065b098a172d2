/** Genuine and impostor are a blue and an orange that colour-blind people tell apart (Okabe and Ito's palette). */
export const STYLE = `
:root { color-scheme: light dark; --genuine: #0072b2; --impostor: #e69f00; --line: #8888; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
table { border-collapse: collapse; } th { text-align: left; padding: 0.2rem 1.5rem 0.2rem 0; font-weight: 600; }
th, td { border-bottom: 1px solid var(--line); vertical-align: top; font-variant-numeric: tabular-nums; }
figure { margin: 0; } .charts { display: flex; flex-wrap: wrap; gap: 1.5rem; margin-top: 1.5rem; }
.charts figure { flex: 1 1 22rem; } svg { width: 100%; height: auto; } svg text { font-size: 12px; fill: currentColor; }
.grid { stroke: var(--line); stroke-width: 0.5; } .axis { stroke: currentColor; fill: none; }
.roc { stroke: var(--genuine); stroke-width: 2; fill: none; } .threshold { stroke: currentColor; stroke-dasharray: 4 3; }
path.genuine { fill: var(--genuine); fill-opacity: 0.65; } path.impostor { fill: var(--impostor); fill-opacity: 0.65; }
b.genuine { color: var(--genuine); } b.impostor { color: var(--impostor); } .wrong { color: #d55e00; }
.pairs { display: grid; grid-template-columns: repeat(auto-fill, minmax(19rem, 1fr)); gap: 1.2rem; padding: 0; list-style: none; }
.pairs li { display: flex; flex-wrap: wrap; gap: 0.4rem; } .pairs p { margin: 0; width: 100%; font-size: 0.9rem; }
.pairs img { display: block; width: 140px; height: 140px; border-radius: 4px; }
.pairs figcaption { font-size: 0.8rem; width: 140px; overflow-wrap: anywhere; } footer { margin-top: 3rem; font-size: 0.8rem; }
`;
