/**
 * Whether a pool is connected: the states, and the words for them. What is so, Rust says
 * (`src/pool/presence.rs`); it only adds what a pool itself knows of its beginning and end.
 */
import type { Hold } from './bridge/pool';

/**
 * `disconnected`: nothing has been done yet, the pool is closed, or no server that holds data answers any more.
 * `connecting`: servers are looked for, and none has let the pool in so far.
 * `connected`: a server that holds data answers; an election does not change that while secondaries do.
 * `disconnecting`: it is being closed, by `close()` or a signal; while it drains, operations go on.
 */
export type PoolState = 'disconnected' | 'connecting' | 'connected' | 'disconnecting';

/** By Rust's numbers: not begun, looking, connected, lost. */
const STATES = ['disconnected', 'connecting', 'connected', 'disconnected'] as const;

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

/** Whether operations find a server. */
export function isConnectedTo(hold: Hold | undefined): boolean {
  return hold !== undefined && STATES[hold.presence()] === 'connected';
}
