// Owns by how much samples rise. Must not know what they are of.

/** What a line through the samples rises by from the first to the last. */
export function rise(samples: readonly number[]): number {
  const middle = (samples.length - 1) / 2;
  const mean = samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
  let [above, below] = [0, 0];
  samples.forEach((sample, i) => {
    above += (i - middle) * (sample - mean);
    below += (i - middle) ** 2;
  });
  return (above / below) * (samples.length - 1);
}
