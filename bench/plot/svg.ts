// Owns how a chart is drawn: one SVG file without scripts or fonts of its own, in light and in dark.
// Must not know what the curves stand for.

import { linearAxis, logarithmicAxis, measuredAxis } from './axis';
import type { Axis } from './axis';
import type { Chart, Point, Series } from './charts';

/** Pixels: the whole, and the margins around the plot. */
const SIZE = { width: 720, height: 420 };
const MARGIN = { top: 84, right: 36, bottom: 60, left: 100 };
const PLOT = {
  width: SIZE.width - MARGIN.left - MARGIN.right,
  height: SIZE.height - MARGIN.top - MARGIN.bottom
};
const LEGEND = { y: 60, line: 28, gap: 8, character: 7.2, between: 24 };

/** The curves' colours in turn, on a light ground and on a dark one. */
const LIGHT = ['#0969da', '#bc4c00', '#1a7f37', '#8250df'];
const DARK = ['#58a6ff', '#f0883e', '#3fb950', '#bc8cff'];

/** It has a ground of its own: the page's may be of the other scheme than the reader's system. */
const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .title { font-size: 16px; font-weight: 600; }
  .ground { fill: #ffffff; }
  .grid { stroke: #d1d9e0; stroke-width: 1; }
  .axis { stroke: #59636e; stroke-width: 1; }
  .curve { fill: none; stroke-width: 2; }
  .first { stroke-width: 3; }
  ${colours(LIGHT)}
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .ground { fill: #0d1117; }
    .grid { stroke: #30363d; }
    .axis { stroke: #9198a1; }
    ${colours(DARK)}
  }`;

/** Beside colours, so that curves can be told apart without them. */
const DASHES = ['', '7 4', '2 3', '9 3 2 3'];

const number = new Intl.NumberFormat('en', { maximumSignificantDigits: 4 });

/**
 * The file's text.
 *
 * @param series - at least one of them with a point
 */
export function drawChart(chart: Chart, series: readonly Series[]): string {
  const drawn = series.filter(({ points }) => points.length > 0);
  const points = drawn.flatMap(each => each.points);
  if (points.length === 0) throw new RangeError(`${chart.file} has no points`);
  const x = measuredAxis(points.map(point => point.x));
  const values = points.map(point => point.y);
  const y = chart.isLogarithmic ? logarithmicAxis(values) : linearAxis(values);
  const names = drawn.map(({ name }) => name).join(', ');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${SIZE.height}" role="img">`,
    `<title>${escape(chart.title)}</title>`,
    `<desc>${escape(`${chart.yLabel} by ${chart.xLabel}, of ${names}`)}</desc>`,
    `<style>${STYLE}\n</style>`,
    `<rect class="ground" width="${SIZE.width}" height="${SIZE.height}" rx="6"/>`,
    text(MARGIN.left, 32, chart.title, 'class="title"'),
    ...legend(drawn),
    ...horizontalAxis(x, chart.xLabel),
    ...verticalAxis(y, chart.yLabel),
    ...drawn.flatMap((each, index) => curve(each, index, point => position(x, y, point))),
    '</svg>',
    ''
  ].join('\n');
}

function colours(list: readonly string[]): string {
  return list
    .map(
      (colour, index) =>
        `.curve.c${index} { stroke: ${colour}; } .mark.c${index} { fill: ${colour}; }`
    )
    .join(' ');
}

function position(x: Axis, y: Axis, point: Point): { left: number; top: number } {
  return {
    left: MARGIN.left + x.place(point.x) * PLOT.width,
    top: MARGIN.top + (1 - y.place(point.y)) * PLOT.height
  };
}

function horizontalAxis(axis: Axis, label: string): string[] {
  const bottom = MARGIN.top + PLOT.height;
  const marks = axis.ticks.flatMap(tick => {
    const left = MARGIN.left + axis.place(tick) * PLOT.width;
    return [
      line(left, MARGIN.top, left, bottom, 'grid'),
      text(left, bottom + 20, number.format(tick), 'text-anchor="middle"')
    ];
  });
  const middle = MARGIN.left + PLOT.width / 2;
  return [
    ...marks,
    line(MARGIN.left, bottom, MARGIN.left + PLOT.width, bottom, 'axis'),
    text(middle, bottom + 46, label, 'text-anchor="middle"')
  ];
}

function verticalAxis(axis: Axis, label: string): string[] {
  const marks = axis.ticks.flatMap(tick => {
    const top = MARGIN.top + (1 - axis.place(tick)) * PLOT.height;
    return [
      line(MARGIN.left, top, MARGIN.left + PLOT.width, top, 'grid'),
      text(MARGIN.left - 10, top + 4, number.format(tick), 'text-anchor="end"')
    ];
  });
  const middle = MARGIN.top + PLOT.height / 2;
  const turned = `text-anchor="middle" transform="rotate(-90 20 ${middle})"`;
  return [
    ...marks,
    line(MARGIN.left, MARGIN.top, MARGIN.left, MARGIN.top + PLOT.height, 'axis'),
    text(20, middle, label, turned)
  ];
}

function legend(series: readonly Series[]): string[] {
  let left = MARGIN.left;
  return series.flatMap(({ name }, index) => {
    const end = left + LEGEND.line;
    const parts = [
      `<path class="${classes(index)}" ${dash(index)} d="M${left} ${LEGEND.y}H${end}"/>`,
      text(end + LEGEND.gap, LEGEND.y + 4, name)
    ];
    left = end + LEGEND.gap + name.length * LEGEND.character + LEGEND.between;
    return parts;
  });
}

function curve(
  { points }: Series,
  index: number,
  place: (point: Point) => { left: number; top: number }
): string[] {
  const places = points.map(place);
  const path = places.map(({ left, top }) => `${coordinate(left)} ${coordinate(top)}`).join('L');
  const colour = `c${index % LIGHT.length}`;
  return [
    `<path class="${classes(index)}" ${dash(index)} d="M${path}"/>`,
    ...places.map(
      ({ left, top }) =>
        `<circle class="mark ${colour}" cx="${coordinate(left)}" cy="${coordinate(top)}" r="3.5"/>`
    )
  ];
}

function classes(index: number): string {
  return `curve c${index % LIGHT.length}${index === 0 ? ' first' : ''}`;
}

function dash(index: number): string {
  return `stroke-dasharray="${DASHES[index % DASHES.length]}"`;
}

function line(x1: number, y1: number, x2: number, y2: number, name: string): string {
  const [a, b, c, d] = [x1, y1, x2, y2].map(coordinate);
  return `<line class="${name}" x1="${a}" y1="${b}" x2="${c}" y2="${d}"/>`;
}

function text(left: number, top: number, content: string, attributes = ''): string {
  const place = `x="${coordinate(left)}" y="${coordinate(top)}"`;
  return `<text ${place}${attributes && ` ${attributes}`}>${escape(content)}</text>`;
}

/** A tenth of a pixel is as fine as anybody sees. */
function coordinate(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
