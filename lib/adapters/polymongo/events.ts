/**
 * Listeners of a wrapper, and what they are told. When something happens, `primary.ts` says.
 */
import type { Connection } from 'mongoose';
import type { PolyMongoBaseEvent, PolyMongoEventMap, PolyMongoEventName } from './types';

/** By `readyState`. */
const STATES = ['disconnected', 'connected', 'connecting', 'disconnecting'] as const;

/** The other name of an event. */
const ALIASES: Partial<Record<PolyMongoEventName, PolyMongoEventName>> = {
  connect: 'onDbConnect',
  disconnect: 'onDbDisconnect'
};

type Listener = (event: never) => void | Promise<void>;

export class Listeners {
  readonly #listeners = new Map<PolyMongoEventName, Listener[]>();

  /** @returns what takes the listener away */
  add<Name extends PolyMongoEventName>(
    name: Name,
    listener: (event: PolyMongoEventMap[Name]) => void | Promise<void>
  ): () => void {
    const known = this.#listeners.get(name) ?? [];
    this.#listeners.set(name, known);
    known.push(listener);
    return () => {
      const index = known.indexOf(listener);
      if (index >= 0) known.splice(index, 1);
    };
  }

  /**
   * Tells those of a name, and those of its other name.
   * @param connectionOf - makes the connection that it happened to; not called when nobody listens
   */
  tell(
    name: 'connect' | 'disconnect' | 'error',
    connectionOf: () => Connection,
    error?: Error
  ): void {
    const alias = ALIASES[name];
    const names = alias === undefined ? [name] : [name, alias];
    const listeners = names.flatMap(one => this.#listeners.get(one) ?? []);
    if (listeners.length === 0) return;
    const connection = connectionOf();
    const event: PolyMongoBaseEvent & { error?: Error } = {
      name,
      dbName: connection.name,
      readyState: connection.readyState,
      state: STATES[connection.readyState as 0] ?? 'unknown',
      connection,
      timestamp: new Date().toISOString(),
      ...(error && { error })
    };
    for (const listener of listeners) void listener(event as never);
  }
}
