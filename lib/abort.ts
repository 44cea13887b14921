/** What an operation takes that can be taken back; `bridge/bridge.ts` does it. */

export interface Abortable {
  /** Takes the operation back when it is aborted; its `reason` is the error then. */
  signal?: AbortSignal | undefined;
}
