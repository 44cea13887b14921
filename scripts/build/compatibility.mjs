// Owns docs/compatibility.md: what of the driver's surface polypool has, as a page. Must not know how
// the two are compared, nor how the page reads (compatibility/).

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../process/paths.mjs';
import { step } from '../process/progress.mjs';

/** Generated, and committed so that a change of it is seen. */
export const COMPATIBILITY = 'docs/compatibility.md';

/**
 * Writes the page from what has been built.
 *
 * @returns {Promise<readonly string[]>} differences that are not listed, and entries without one
 */
export async function writeCompatibility() {
  // Loaded here and not above: they need packages that the commands install before they build.
  const { Comparison } = await import('./compatibility/compare.mjs');
  const { page } = await import('./compatibility/page.mjs');
  const comparison = new Comparison();
  await step('comparing with the driver', async () => {
    writeFileSync(join(ROOT, COMPATIBILITY), page(comparison));
  });
  return comparison.complaints;
}
