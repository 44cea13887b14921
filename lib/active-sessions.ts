/**
 * The sessions of a pool that have not ended, so that its `close()` ends them. It keeps none alive
 * but those in a transaction: a session that was dropped gives back what it was lent.
 */
import type { ServerSession } from './server-session';
import type { ClientSession } from './session';

const dropped = new FinalizationRegistry<ServerSession>(server => server.giveBack());

export class ActiveSessions {
  /** Emptied of what is garbage as sessions are added. */
  readonly #all = new Set<WeakRef<ClientSession>>();
  /** The entries of `#all`. */
  readonly #entries = new WeakMap<ClientSession, WeakRef<ClientSession>>();
  /** Those in a transaction, whose locks on the server somebody has to release. */
  readonly #kept = new Set<ClientSession>();
  /** Entries at which garbage is looked for again. */
  #limit = 64;

  /** Some session is in a transaction. */
  get hasTransaction(): boolean {
    return this.#kept.size > 0;
  }

  get isEmpty(): boolean {
    return this.#all.size === 0;
  }

  add(session: ClientSession): void {
    if (this.#all.size >= this.#limit) this.#sweep();
    const entry = new WeakRef(session);
    this.#all.add(entry);
    this.#entries.set(session, entry);
  }

  delete(session: ClientSession): void {
    this.#kept.delete(session);
    this.#all.delete(this.#entries.get(session)!);
    dropped.unregister(session);
  }

  /** Has `server` given back when `session` is garbage. */
  returnWith(session: ClientSession, server: ServerSession): void {
    dropped.register(session, server, session);
  }

  /** Keeps a session until {@link release}. */
  keep(session: ClientSession): void {
    this.#kept.add(session);
  }

  release(session: ClientSession): void {
    this.#kept.delete(session);
  }

  /** Ends them all. Never fails. */
  async end(): Promise<void> {
    const ending: Promise<void>[] = [];
    for (const entry of this.#all) {
      const session = entry.deref();
      if (session !== undefined) ending.push(end(session));
    }
    await Promise.allSettled(ending);
  }

  #sweep(): void {
    for (const entry of this.#all) {
      if (entry.deref() === undefined) this.#all.delete(entry);
    }
    this.#limit = Math.max(64, this.#all.size * 2);
  }
}

/** Whether there is a transaction to abort is known when its first operation has been answered. */
async function end(session: ClientSession): Promise<void> {
  await session.starting;
  await session.endSession();
}
