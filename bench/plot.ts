/** Points of one line; both values above zero, or the point is left out. */
export type PlotSeries = {
  readonly label: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
  /** A second look for the second server: same colour for the same operation. */
  readonly colour: string;
  readonly dashed: boolean;
};

export type PlotText = {
  readonly title: string;
  readonly subtitle: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly xTicks: readonly { readonly at: number; readonly text: string }[];
};

const width = 900;
const height = 560;
const frame = { left: 90, right: 700, top: 70, bottom: 480 };

/** A plot with logarithmic axes as an SVG document. */
export function plotSvg(text: PlotText, series: readonly PlotSeries[]): string {
  const drawn = series.map((each) => ({
    ...each,
    points: each.points.filter(({ x, y }) => x > 0 && y > 0),
  }));
  const ys = drawn.flatMap(({ points }) => points.map(({ y }) => y));
  const yScale = logScale(decadesOf(ys), frame.bottom, frame.top);
  const xs = text.xTicks.map(({ at }) => at);
  const xScale = logScale([Math.min(...xs), Math.max(...xs)], frame.left + 20, frame.right - 20);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="13">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="${frame.left}" y="28" font-size="18" font-weight="bold">${escaped(text.title)}</text>`,
    `<text x="${frame.left}" y="50" fill="#555555">${escaped(text.subtitle)}</text>`,
    ...yGrid(decadesOf(ys), yScale),
    ...text.xTicks.flatMap(({ at, text: label }) => xTick(xScale(at), label)),
    `<rect x="${frame.left}" y="${frame.top}" width="${frame.right - frame.left}" height="${frame.bottom - frame.top}" fill="none" stroke="#444444"/>`,
    `<text x="${(frame.left + frame.right) / 2}" y="${frame.bottom + 46}" text-anchor="middle">${escaped(text.xLabel)}</text>`,
    `<text transform="translate(24 ${(frame.top + frame.bottom) / 2}) rotate(-90)" text-anchor="middle">${escaped(text.yLabel)}</text>`,
    ...drawn.flatMap((each) => line(each, xScale, yScale)),
    ...drawn.flatMap(legend),
    '</svg>',
    '',
  ].join('\n');
}

type Scale = (value: number) => number;

function logScale([low, high]: readonly [number, number], from: number, to: number): Scale {
  const span = Math.log10(high) - Math.log10(low) || 1;
  return (value) => from + ((Math.log10(value) - Math.log10(low)) / span) * (to - from);
}

/** The powers of ten that hold them all. */
export function decadesOf(values: readonly number[]): readonly [number, number] {
  if (values.length === 0) return [1, 10];
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.ceil(Math.log10(Math.max(...values)));
  return [10 ** low, 10 ** Math.max(high, low + 1)];
}

function yGrid([low, high]: readonly [number, number], scale: Scale): string[] {
  const lines: string[] = [];
  for (let power = Math.round(Math.log10(low)); power <= Math.round(Math.log10(high)); power += 1) {
    const y = scale(10 ** power).toFixed(1);
    lines.push(
      `<line x1="${frame.left}" x2="${frame.right}" y1="${y}" y2="${y}" stroke="#cccccc"/>`,
      `<text x="${frame.left - 8}" y="${Number(y) + 4}" text-anchor="end">${plain(power)}</text>`,
    );
    if (10 ** power >= high) break;
    for (const factor of [2, 5]) {
      const between = scale(factor * 10 ** power).toFixed(1);
      lines.push(
        `<line x1="${frame.left}" x2="${frame.right}" y1="${between}" y2="${between}" stroke="#eeeeee"/>`,
      );
    }
  }
  return lines;
}

function plain(power: number): string {
  return (10 ** power).toFixed(Math.max(0, -power));
}

function xTick(x: number, label: string): string[] {
  const at = x.toFixed(1);
  return [
    `<line x1="${at}" x2="${at}" y1="${frame.top}" y2="${frame.bottom}" stroke="#eeeeee"/>`,
    `<text x="${at}" y="${frame.bottom + 20}" text-anchor="middle">${escaped(label)}</text>`,
  ];
}

function line({ points, colour, dashed }: PlotSeries, xScale: Scale, yScale: Scale): string[] {
  const placed = points.map(({ x, y }) => [xScale(x).toFixed(1), yScale(y).toFixed(1)] as const);
  return [
    `<polyline points="${placed.map((each) => each.join(',')).join(' ')}" fill="none" stroke="${colour}" stroke-width="2.5"${dash(dashed)}/>`,
    ...placed.map(([x, y]) =>
      dashed
        ? `<circle cx="${x}" cy="${y}" r="4" fill="#ffffff" stroke="${colour}" stroke-width="2"/>`
        : `<circle cx="${x}" cy="${y}" r="4.5" fill="${colour}"/>`,
    ),
  ];
}

function legend({ label, colour, dashed }: PlotSeries, index: number): string[] {
  const y = frame.top + 14 + index * 24;
  const x = frame.right + 16;
  return [
    `<line x1="${x}" x2="${x + 34}" y1="${y}" y2="${y}" stroke="${colour}" stroke-width="2.5"${dash(dashed)}/>`,
    `<text x="${x + 42}" y="${y + 4}">${escaped(label)}</text>`,
  ];
}

function dash(dashed: boolean): string {
  return dashed ? ' stroke-dasharray="7 5"' : '';
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
