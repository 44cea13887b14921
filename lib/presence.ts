/**
 * Whether a pool is connected: the states, and the words for them. What is so, Rust says
 * (`src/pool/presence.rs`); it only adds what a pool itself knows of its beginning and end.
 */
import type { Hold } from './bridge/pool';

/**
 * `disconnected`: nobody has wanted a server yet, or none could be had, the pool is closed, or no server that holds data
 * answers any more.
 * `connecting`: `connect()` or an operation waits for a server, and none has let the pool in so far.
 * `connected`: a server that holds data answers; an election does not change that while secondaries do.
 * `disconnecting`: it is being closed, by `close()` or a signal; while it drains, operations go on.
 */
export type PoolState = 'disconnected' | 'connecting' | 'connected' | 'disconnecting';

/** By Rust's numbers: nobody waits, looking, connected, lost. */
const STATES = ['disconnected', 'connecting', 'connected', 'disconnected'] as const;

const LOST = 3;

/** What a pool knows by itself. */
interface Life {
  readonly hold: Hold | undefined;
  readonly isConnecting: boolean;
  /** It is being closed, or drains before that. */
  readonly isClosing: boolean;
}

export function stateOf({ hold, isConnecting, isClosing }: Life): PoolState {
  if (isClosing) return 'disconnecting';
  if (hold === undefined) return 'disconnected';
  const stage = hold.presence();
  return stage === 0 && isConnecting ? 'connecting' : STATES[stage]!;
}

/** Whether it was connected, and no server that holds data answers: it says by itself when one does again. */
export function hasLostAll(hold: Hold | undefined): boolean {
  return hold?.presence() === LOST;
}

/** Whether operations find a server. */
export function isConnectedTo(hold: Hold | undefined): boolean {
  return hold !== undefined && STATES[hold.presence()] === 'connected';
}
