// Owns the machine-readable result of one `node --test`: its counts, and why tests were skipped.
// A reporter of node:test; must not know which suite it reports on.

/** The totals that node:test announces at the end of a run, as "<name> <number>". */
const TOTAL = /^(tests|pass|fail|cancelled|skipped|todo) (\d+)$/;

/**
 * @typedef {object} Counts
 * @property {number} tests
 * @property {number} pass
 * @property {number} fail
 * @property {number} cancelled
 * @property {number} skipped
 * @property {number} todo
 * @property {string[]} skips names of the skipped tests with their reasons
 */

/**
 * @param {AsyncIterable<any>} events
 * @returns {AsyncGenerator<string>}
 */
export default async function* report(events) {
  /** @type {Counts} */
  const counts = { tests: 0, pass: 0, fail: 0, cancelled: 0, skipped: 0, todo: 0, skips: [] };
  for await (const { type, data } of events) {
    if (type === 'test:diagnostic' && data.nesting === 0) {
      const [, name, number] = TOTAL.exec(data.message) ?? [];
      if (name) Object.assign(counts, { [name]: Number(number) });
    } else if (type === 'test:pass' && data.skip !== undefined) {
      const reason = typeof data.skip === 'string' && data.skip !== '' ? data.skip : 'no reason';
      counts.skips.push(`${data.name}: ${reason}`);
    }
  }
  yield JSON.stringify(counts);
}
