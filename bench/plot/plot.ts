// Owns drawing all curves that a run's rows make, into files. Must not know where rows come from.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Row } from '../row';
import { CHARTS, seriesOf } from './charts';
import { drawChart } from './svg';

/** Draws into `folder`; resolves to the files written, and to the charts that the rows say nothing of. */
export async function plot(
  rows: readonly Row[],
  folder: string
): Promise<{ files: string[]; missing: string[] }> {
  const files: string[] = [];
  const missing: string[] = [];
  for (const chart of CHARTS) {
    const series = seriesOf(chart, rows);
    if (series.every(({ points }) => points.length === 0)) {
      missing.push(chart.file);
      continue;
    }
    await mkdir(folder, { recursive: true });
    const file = join(folder, `${chart.file}.svg`);
    await writeFile(file, drawChart(chart, series));
    files.push(file);
  }
  return { files, missing };
}
