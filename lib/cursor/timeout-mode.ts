/** Of what in a cursor's life its `timeoutMS` is the limit. It knows options, not cursors. */

/** All batches together, or each of them: the driver's names. */
export type TimeoutMode = 'cursorLifetime' | 'iteration';

/** The options that decide it. */
export interface TimeoutModeOptions {
  timeoutMode?: TimeoutMode | undefined;
  tailable?: boolean | undefined;
  awaitData?: boolean | undefined;
}

/**
 * What the limit is on; undefined for the first batch alone, of cursors that wait for what is yet to
 * come: their other batches take as long as they take.
 */
export function timeoutModeOf(options: TimeoutModeOptions): TimeoutMode | undefined {
  if (options.awaitData) return undefined;
  return options.timeoutMode ?? (options.tailable ? 'iteration' : 'cursorLifetime');
}
