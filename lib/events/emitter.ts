/**
 * An emitter that knows which of Rust's events somebody listens for, so that the others never leave
 * Rust. It knows names and numbers of listeners, neither what an event is nor where it comes from.
 */
import { EventEmitter } from 'node:events';
import type { MongoClientEvents } from 'mongodb';
import { EVENT_BITS } from './kinds';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what a listener takes is its own business, as in node:events
type Listener = (...args: any[]) => void;
type Name = string | symbol;
type Known = keyof MongoClientEvents;

/**
 * It watches the methods by which listeners come and go. `removeAllListeners()` would take listeners
 * of `newListener` and `removeListener` with it.
 */
export abstract class ListenedEmitter extends EventEmitter {
  /** The kinds that have listeners, a bit each. */
  #wanted = 0;

  /** The kinds that have listeners, a bit each. @internal */
  protected get wanted(): number {
    return this.#wanted;
  }

  /** Called when other kinds have listeners than before. @internal */
  protected abstract onListening(): void;

  override on<K extends Known>(name: K, listener: MongoClientEvents[K]): this;
  override on(name: Name, listener: Listener): this;
  override on(name: Name, listener: Listener): this {
    super.on(name, listener);
    return this.#noticed(name);
  }

  override addListener<K extends Known>(name: K, listener: MongoClientEvents[K]): this;
  override addListener(name: Name, listener: Listener): this;
  override addListener(name: Name, listener: Listener): this {
    super.addListener(name, listener);
    return this.#noticed(name);
  }

  override prependListener<K extends Known>(name: K, listener: MongoClientEvents[K]): this;
  override prependListener(name: Name, listener: Listener): this;
  override prependListener(name: Name, listener: Listener): this {
    super.prependListener(name, listener);
    return this.#noticed(name);
  }

  override once<K extends Known>(name: K, listener: MongoClientEvents[K]): this;
  override once(name: Name, listener: Listener): this;
  override once(name: Name, listener: Listener): this {
    // Adds by `on`, and its listener goes by `removeListener`.
    return super.once(name, listener);
  }

  override prependOnceListener<K extends Known>(name: K, listener: MongoClientEvents[K]): this;
  override prependOnceListener(name: Name, listener: Listener): this;
  override prependOnceListener(name: Name, listener: Listener): this {
    return super.prependOnceListener(name, listener);
  }

  override removeListener<K extends Known>(name: K, listener: MongoClientEvents[K]): this;
  override removeListener(name: Name, listener: Listener): this;
  override removeListener(name: Name, listener: Listener): this {
    super.removeListener(name, listener);
    return this.#noticed(name);
  }

  override off<K extends Known>(name: K, listener: MongoClientEvents[K]): this;
  override off(name: Name, listener: Listener): this;
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
    const bit = EVENT_BITS.get(name);
    if (bit === undefined) return this;
    const isWanted = this.listenerCount(name) > 0;
    if (isWanted !== ((this.#wanted & bit) !== 0)) {
      this.#wanted ^= bit;
      this.onListening();
    }
    return this;
  }
}
