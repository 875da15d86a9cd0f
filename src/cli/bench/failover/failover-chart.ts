import type { FailoverSeries } from './failover-figures.ts';

interface Row {
  readonly title: string;
  readonly values: readonly number[];
}

const layout = { width: 860, left: 250, right: 90, rowHeight: 46, top: 56, radius: 3.5 } as const;
const axisStepMs = 100;

/** The distribution of a series: a dot for each measurement, a bar at the median. */
export function failoverChart(series: FailoverSeries, last: FailoverSeries, subtitle: string): string {
  const rows = rowsOf(series, last).filter(({ values }) => values.length > 0);
  const axisMs = Math.ceil(Math.max(...rows.flatMap(({ values }) => values), axisStepMs) / axisStepMs) * axisStepMs;
  const height = layout.top + rows.length * layout.rowHeight + 40;
  const x = (ms: number): string => (layout.left + (ms / axisMs) * (layout.width - layout.left - layout.right)).toFixed(1);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(layout.width)} ${String(height)}" font-family="sans-serif" font-size="13">`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    text(20, 24, 'A gateway is cut off: what its pods notice', 'font-size="16" font-weight="bold"'),
    text(20, 42, subtitle, 'fill="#555"'),
    ...axis(axisMs, height, x),
    ...rows.flatMap((row, index) => drawRow(row, layout.top + (index + 0.5) * layout.rowHeight, x)),
    '</svg>',
    '',
  ].join('\n');
}

function rowsOf(series: FailoverSeries, last: FailoverSeries): readonly Row[] {
  return [
    { title: 'silence of a 10 ms UDP echo', values: series.udpSilenceMs },
    { title: 'gap between new TCP connections', values: series.newTcpMs },
    { title: 'slowest new TCP connection', values: series.slowestConnectionMs },
    { title: 'reset of established TCP', values: series.resets.map(({ ms }) => ms) },
    { title: 'the same, last gateway', values: last.resets.map(({ ms }) => ms) },
    { title: 'UDP silence on other gateways', values: series.otherGatewaySilenceMs },
  ];
}

function axis(axisMs: number, height: number, x: (ms: number) => string): readonly string[] {
  const bottom = height - 34;
  const step = axisMs > 10 * axisStepMs ? 5 * axisStepMs : axisStepMs;
  const marks = Array.from({ length: Math.floor(axisMs / step) + 1 }, (_, index) => index * step);
  return marks.flatMap((ms) => [
    `<line x1="${x(ms)}" y1="${String(layout.top)}" x2="${x(ms)}" y2="${String(bottom)}" stroke="#ddd"/>`,
    text(Number(x(ms)), bottom + 18, `${String(ms)} ms`, 'text-anchor="middle" fill="#555"'),
  ]);
}

function drawRow({ title, values }: Row, y: number, x: (ms: number) => string): readonly string[] {
  const sorted = [...values].sort((a, b) => a - b);
  const median = sorted[Math.ceil(sorted.length / 2) - 1] ?? 0;
  const worst = sorted.at(-1) ?? 0;
  const summary = `${median.toFixed(0)} / ${worst.toFixed(0)}`;
  return [
    text(20, y + 4, `${title} (n = ${String(values.length)})`),
    ...sorted.map((ms, index) => dot(x(ms), y + spreadOf(index))),
    `<line x1="${x(median)}" y1="${String(y - 15)}" x2="${x(median)}" y2="${String(y + 15)}" stroke="#b3261e" stroke-width="2"/>`,
    text(layout.width - 10, y + 4, summary, 'text-anchor="end" font-weight="bold"'),
  ];
}

/** Neighbours lie on different heights, so that equal values are seen. */
function spreadOf(index: number): number {
  return ((index * 7) % 5) * 5 - 10;
}

function dot(x: string, y: number): string {
  return `<circle cx="${x}" cy="${y.toFixed(1)}" r="${String(layout.radius)}" fill="#2b6cb0" fill-opacity="0.45"/>`;
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>`;
}
