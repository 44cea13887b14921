// Owns the two ways in which a test goes wrong on the runner's side of the line: the client did
// something else than expected, or the test asks for what cannot be done. Knows no test format.

/** What the client did differs from what the test expects. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch';
}

/** The test cannot be carried out as it is written: malformed, or unknown to this runner. */
export class Fault extends Error {
  override readonly name = 'Fault';
}

/** True for errors that are about the test, which no expectation of an error may swallow. */
export function isVerdict(error: unknown): error is Mismatch | Fault {
  return error instanceof Mismatch || error instanceof Fault;
}

/** @throws Mismatch unless the condition holds */
export function expectThat(
  condition: boolean,
  message: string | (() => string)
): asserts condition {
  if (!condition) throw new Mismatch(typeof message === 'string' ? message : message());
}

/** One line about anything that was thrown. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return `thrown: ${String(error)}`;
  const code = (error as { code?: unknown }).code;
  const suffix = typeof code === 'number' ? ` (${code})` : '';
  return `${error.name}: ${error.message}${suffix}`;
}
