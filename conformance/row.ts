// Owns what is recorded of one test. Knows nothing of how tests run or how rows are shown.

import { inspect } from 'node:util';

export type Status = 'passed' | 'failed' | 'skipped';

/** What became of a test. */
export interface Verdict {
  readonly status: Status;
  /** Why it was skipped: a server or topology that is not there, or an exclusion. */
  readonly reason?: string;
  /** What went wrong, in the first line, and where. */
  readonly error?: string;
}

export interface Row extends Verdict {
  /** Relative to the working directory. */
  readonly file: string;
  readonly test: string;
}

export const PASSED: Verdict = { status: 'passed' };

export function skipped(reason: string): Verdict {
  return { status: 'skipped', reason };
}

/** With the stack, and that of what caused it. */
export function failed(error: unknown): Verdict {
  return { status: 'failed', error: inspect(error, { depth: 4, breakLength: 120 }) };
}
