// Owns the axes of a chart: which values have a tick, and where a value lies between the ends.
// Must not know what an axis looks like.

/** A value's place on an axis: 0 at its start, 1 at its end. */
export interface Axis {
  readonly ticks: readonly number[];
  place(value: number): number;
}

/** About so many steps on an axis. */
const STEPS = 5;
/** Steps that a reader can count in, times a power of ten. */
const ROUND_STEPS = [1, 2, 2.5, 5, 10];

/** An axis from zero to a round number at or above the largest value. */
export function linearAxis(values: readonly number[]): Axis {
  const largest = Math.max(...values);
  const rough = largest / STEPS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ROUND_STEPS.find(round => round * power >= rough * (1 - Number.EPSILON))!;
  const count = Math.ceil(largest / step - Number.EPSILON);
  const ticks = Array.from({ length: count + 1 }, (_, index) => round(index * step));
  return { ticks, place: value => value / (count * step) };
}

/** An axis of powers of ten around all values, which are above zero. */
export function logarithmicAxis(values: readonly number[]): Axis {
  const first = Math.floor(Math.log10(Math.min(...values)));
  const last = Math.max(Math.ceil(Math.log10(Math.max(...values))), first + 1);
  const ticks = Array.from({ length: last - first + 1 }, (_, index) =>
    round(10 ** (first + index))
  );
  return { ticks, place: value => (Math.log10(value) - first) / (last - first) };
}

/** A logarithmic axis whose ticks are the values themselves, from the least to the largest. */
export function measuredAxis(values: readonly number[]): Axis {
  const ticks = [...new Set(values)].sort((one, other) => one - other);
  const first = Math.log(ticks[0]!);
  const length = Math.log(ticks.at(-1)!) - first;
  return { ticks, place: value => (length === 0 ? 0.5 : (Math.log(value) - first) / length) };
}

/** What arithmetic in binary left over is no part of a tick. */
function round(value: number): number {
  return Number(value.toPrecision(12));
}
