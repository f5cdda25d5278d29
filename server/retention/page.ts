import { createHash } from 'node:crypto';

/**
 * What the pages of retention are written with. A page needs nothing else and runs nothing: it can be kept, mailed and
 * printed as it is.
 */

const style = `
body { font: 10.5pt/1.45 system-ui, sans-serif; color: #111; background: #fff; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.1rem; margin: 1.6rem 0 .4rem; break-after: avoid; }
.lead { font-size: 1.1rem; margin: .2rem 0 1rem; overflow-wrap: anywhere; } span { color: #555; }
dl { display: grid; grid-template-columns: 9rem 1fr; gap: .25rem 1rem; } dt { color: #555; } dd { margin: 0; overflow-wrap: anywhere; }
code, pre { font: .92em/1.4 ui-monospace, monospace; overflow-wrap: anywhere; } pre { white-space: pre-wrap; border: 1px solid #bbb; padding: .5rem; }
table { border-collapse: collapse; width: 100%; } th, td { border-bottom: 1px solid #ccc; padding: .2rem .4rem; text-align: left; vertical-align: top; }
.w { overflow-wrap: anywhere; } .p { overflow-wrap: anywhere; min-width: 9rem; } td.t { white-space: normal; } .h code { display: block; width: 16ch; } .n { text-align: right; white-space: nowrap; } tr { break-inside: avoid; } td:first-child { white-space: nowrap; } thead { display: table-header-group; }
svg { width: 100%; max-width: 40rem; } svg line { stroke: #111; } svg circle { fill: #111; } svg rect { fill: #447; } svg text { font-size: 12px; text-anchor: middle; }
svg .e { text-anchor: end; } svg .s { text-anchor: start; } svg .grid { stroke: #ddd; }
.top td { border-bottom: 0; } .below { break-before: avoid; } .below td { padding-top: 0; font-size: .85em; } .below td:first-child { white-space: normal; }
td div + div { font-size: .9em; overflow-wrap: anywhere; }
.sign { display: grid; grid-template-columns: 2fr 1fr; gap: 2rem; margin-top: 3rem; } .sign p { border-top: 1px solid #111; }
@media print { body { margin: 0; max-width: none; } table { font-size: .85em; } @page { margin: 2cm; } }
`;
const styleHash = createHash('sha256').update(style).digest('base64');

/** For the header of the same name, and in the page for who keeps it as a file. */
const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'`;
export const pagePolicy = `${policy}; frame-ancestors 'none'`;

export function pageHead(title: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>${style}</style></head><body>`;
}

export const pageFoot = '</body></html>\n';

/** A name and what it is, as HTML. */
export type Fact = readonly [name: string, html: string];

export function facts(pairs: readonly Fact[]): string {
  return `<dl>${pairs.map(([name, html]) => `<dt>${name}</dt><dd>${html}</dd>`).join('')}</dl>`;
}

export const countText = (files: number) => (files === 1 ? '1 item' : `${files} items`);
export const bytesText = (bytes: number) => (bytes === 1 ? '1 byte' : `${bytes} bytes`);
export const code = (text: string) => `<code>${escaped(text)}</code>`;
export const timeText = (iso: string | null) => (iso === null ? '-' : escaped(iso));

export type Bar = {
  readonly name: string;
  readonly value: number;
  /** Beside the bar. */
  readonly words: string;
};

const barUnits = 300;
const rowUnits = 24;

/** A bar for each row, the longest for the greatest value. */
export function bars(label: string, rows: readonly Bar[]): string {
  const most = Math.max(1, ...rows.map(({ value }) => value));
  const drawn = rows.map(({ name, value, words }, index) => {
    const y = index * rowUnits;
    const width = Math.max(1, Math.round((barUnits * value) / most));
    return `<text x="150" y="${y + 16}" class="e">${escaped(name)}</text><rect x="160" y="${y + 4}" width="${width}" height="16"/><text x="${168 + width}" y="${y + 16}" class="s">${escaped(words)}</text>`;
  });
  return `<svg viewBox="0 0 640 ${rows.length * rowUnits}" role="img" aria-label="${escaped(label)}">${drawn.join('')}</svg>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Characters that turn what stands around them about, or do not show, are shown as their numbers. */
export function escaped(text: string): string {
  return unchanged(text).replaceAll(
    /[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g,
    (character) => `[U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}]`,
  );
}

/** For what is copied out of the page and has to be the same there, to the byte. */
export function unchanged(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character]!);
}
