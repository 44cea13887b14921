/** Whether this process lets code be generated, as far as an attempt tells. What the code does is not its business. */

/**
 * Whether what an attempt threw means that there is no code to be had: an `EvalError`, or what a replaced
 * `Function` throws. Out of stack (`RangeError`) says nothing of the next attempt.
 */
export function refusesCode(error: unknown): boolean {
  return !(error instanceof RangeError);
}
