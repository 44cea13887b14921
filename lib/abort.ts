/**
 * Waiting that an `AbortSignal` can end. It ends the waiting, not the work: whoever started that
 * cleans up after it.
 */

/** What methods take that can be aborted. */
export interface Abortable {
  signal?: AbortSignal | undefined;
}

/** The outcome of `promise`, unless `signal` is aborted first; then its reason is thrown. */
export async function abortable<T>(
  promise: Promise<T>,
  signal: AbortSignal | null | undefined
): Promise<T> {
  if (signal === null || signal === undefined) return await promise;
  let stop!: () => void;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
