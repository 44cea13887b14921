// Owns the few statistics the bench states: medians and percentiles.
// Must not know what the numbers stand for.

/** The middle value, or the mean of the two middle ones; NaN of nothing. */
export function median(values: Iterable<number>): number {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) return Number.NaN;
  const upper = sorted.length >> 1;
  const high = sorted[upper]!;
  return sorted.length % 2 === 1 ? high : (sorted[upper - 1]! + high) / 2;
}

/**
 * The nearest-rank percentile: the smallest value that at least `percent` of the values don't
 * exceed; NaN of nothing.
 *
 * @param sorted - ascending
 * @param percent - above 0, at most 100
 */
export function percentile(sorted: Float64Array, percent: number): number {
  if (sorted.length === 0) return Number.NaN;
  return sorted[Math.ceil((percent / 100) * sorted.length) - 1]!;
}
