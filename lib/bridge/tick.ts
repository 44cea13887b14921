/** The end of a tick: when what is asked for together goes to Rust together. It does not know what that is. */

const SETTLED = Promise.resolve();

/**
 * Calls as late as possible within the tick: after the microtasks that may lead to further requests. A
 * next-tick callback queued from a microtask runs when the microtask queue has run dry; a promise's
 * reaction is a microtask that Node.js does nothing more for.
 */
export function atEndOfTick(callback: () => void): void {
  void SETTLED.then(() => process.nextTick(callback));
}
