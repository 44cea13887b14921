/**
 * An emitter that knows which of Rust's events somebody listens for, so that the others never leave
 * Rust. It knows names and numbers of listeners, neither what an event is nor where it comes from.
 */
import { EventEmitter } from 'node:events';
import type { MongoClientEvents, TypedEventEmitter } from 'mongodb';
import { bitOf, OWN_KIND } from './kinds';
import { OWN_NAMES } from './own';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what a listener takes is its own business, as in node:events
type Listener = (...args: any[]) => void;
type Name = string | symbol;

/** What a class that listens for its listeners has of it. */
interface Listened {
  /** The kinds that have listeners, a bit each. @internal */
  readonly wanted: number;
  /** Called when other kinds have listeners than before. @internal */
  onListening(): void;
}

/**
 * It watches the methods by which listeners come and go. `removeAllListeners()` would take listeners
 * of `newListener` and `removeListener` with it. `once` adds by `on`, and its listener goes by
 * `removeListener`.
 */
abstract class Emitter extends EventEmitter implements Listened {
  #wanted = 0;

  get wanted(): number {
    return this.#wanted;
  }

  abstract onListening(): void;

  override on(name: Name, listener: Listener): this {
    super.on(name, listener);
    return this.#noticed(name);
  }

  override addListener(name: Name, listener: Listener): this {
    super.addListener(name, listener);
    return this.#noticed(name);
  }

  override prependListener(name: Name, listener: Listener): this {
    super.prependListener(name, listener);
    return this.#noticed(name);
  }

  override removeListener(name: Name, listener: Listener): this {
    super.removeListener(name, listener);
    return this.#noticed(name);
  }

  override off(name: Name, listener: Listener): this {
    super.off(name, listener);
    return this.#noticed(name);
  }

  override removeAllListeners(name?: Name): this {
    const names = name === undefined ? this.eventNames() : [name];
    if (name === undefined) super.removeAllListeners();
    else super.removeAllListeners(name);
    names.forEach(gone => this.#noticed(gone));
    return this;
  }

  #noticed(name: Name): this {
    const bit = bitOf(name);
    if (bit === 0) return this;
    const names = bit === 1 << OWN_KIND ? OWN_NAMES : [name];
    const isWanted = names.some(one => this.listenerCount(one) > 0);
    if (isWanted !== ((this.#wanted & bit) !== 0)) {
      this.#wanted ^= bit;
      this.onListening();
    }
    return this;
  }
}

/** The class by the types that the driver has for what a client's listeners get. */
export const ListenedEmitter =
  Emitter as unknown as (abstract new () => TypedEventEmitter<MongoClientEvents> & Listened) &
    Omit<typeof EventEmitter, 'prototype'>;
