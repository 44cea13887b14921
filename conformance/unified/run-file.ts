// Owns a file in the unified test format: whether it can be read, its tests one after the other, and
// what its folder says of what should come of them. Must not know how a test runs.

import { basename, dirname } from 'node:path';
import { Fault } from '../fault.ts';
import { PASSED, failed, skipped, type Verdict } from '../row.ts';
import type { TestFile } from '../files.ts';
import type { FileSetting } from '../run-file.ts';
import { runTest } from './run-test.ts';
import { ShapeError } from './format/shape.ts';
import { isSupported, validateUnifiedFile } from './format/validate.ts';

/** The folder of files that no runner can read, for testing runners. */
const INVALID = 'invalid';
/** The folder of files whose tests must fail, for testing runners. */
const MUST_FAIL = 'valid-fail';

/** Runs the tests of a file that are wanted. */
export async function runUnifiedFile(
  { path, content }: TestFile,
  { report, wanted, ...setting }: FileSetting
): Promise<void> {
  const folder = basename(dirname(path));
  let file;
  try {
    file = validateUnifiedFile(content);
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    const verdict =
      folder === INVALID
        ? skipped('invalid on purpose, and refused')
        : failed(new Fault(`Not in the unified test format: ${error.message}`));
    report('(file)', verdict);
    return;
  }
  if (folder === INVALID) {
    report('(file)', failed(new Fault('The file is invalid on purpose, and was not refused')));
    return;
  }
  const expected = folder === MUST_FAIL ? mustFail : asItIs;
  for (const test of file.tests) {
    if (!wanted(test.description)) continue;
    const verdict = isSupported(file.schemaVersion)
      ? await runTest(file, test, setting)
      : failed(new Fault(`Schema version ${file.schemaVersion} is not supported`));
    report(test.description, expected(verdict));
  }
}

function asItIs(verdict: Verdict): Verdict {
  return verdict;
}

function mustFail(verdict: Verdict): Verdict {
  if (verdict.status === 'failed') return PASSED;
  return verdict.status === 'passed' ? failed(new Fault('The test should have failed')) : verdict;
}
