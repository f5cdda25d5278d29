import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

export type Sample = { readonly path: string; readonly size: number; readonly sha256: string };

/** A table of made-up cases, big enough to be a transfer and not a message. */
export function writeSample(path: string, title: string, rows: number): Sample {
  const lines = [
    `# WAYBILL DEMO - ${title} - every line is made up`,
    'case_id,participant_id,county,due_date,amount_cents',
  ];
  for (let row = 0; row < rows; row += 1) {
    const day = new Date(Date.UTC(2026, 0, 1 + (row % 365))).toISOString().slice(0, 10);
    lines.push(
      `0${(410_000_000 + row * 7).toString()},P${(row * 7919) % 1_000_003},ALAMEDA,${day},${(row * 104_729) % 250_000}`,
    );
  }
  writeFileSync(path, `${lines.join('\n')}\n`);
  return look(path);
}

export function look(path: string): Sample {
  const content = readFileSync(path);
  return { path, size: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}
