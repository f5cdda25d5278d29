/** Text as HTML; the same inside an attribute in double quotes. */
export function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** A line of the description: what stands in backticks is code. */
export function inline(text: string): string {
  return escape(text).replace(/`([^`]+)`/g, '<code>$1</code>');
}

export function paragraphs(text: string): string {
  return text
    .split('\n\n')
    .map((each) => `<p>${inline(each)}</p>`)
    .join('\n');
}

/** Cells are HTML. Nothing where there is no row. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const cells = (row: readonly string[], tag: string) =>
    row.map((cell) => `<${tag}>${cell}</${tag}>`).join('');
  const body = rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('\n');
  return `<div class="wide"><table><thead><tr>${cells(heads, 'th')}</tr></thead>\n<tbody>${body}</tbody></table></div>`;
}

/** A block of code under a line that opens it. */
export function folded(title: string, code: string): string {
  return `<details><summary>${escape(title)}</summary><pre><code>${escape(code)}</code></pre></details>`;
}

export function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
