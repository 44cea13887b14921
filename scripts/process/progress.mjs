// Owns what a script tells its user while it works: on stderr, so that stdout stays the result.
// Must not know what the work is.

/** Prints one line. @param {string} line */
export function say(line) {
  process.stderr.write(`polypool: ${line}\n`);
}

/**
 * Announces a piece of work, does it, and says how long it took.
 *
 * @template T
 * @param {string} title
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const start = performance.now();
  say(`${title} ...`);
  const result = await work();
  say(`${title}: done in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return result;
}
