/**
 * Watches for what a pool's users leave behind, once `leakMS` is set: sessions, cursors and change
 * streams that are garbage or unused, operations and connections that take too long. It keeps none of
 * them alive. Without the option there is none of it, and nothing takes note of a stack.
 */
import type { Hold } from '../bridge/pool';
import { deserialize } from '../bson/bson';
import { callSite, type Maker } from './call-site';
import type { Leak, Leakable } from './leak';

/** What is open. */
interface Entry {
  readonly kind: Leak['kind'];
  readonly object: WeakRef<Leakable>;
  /** Of `performance.now()`. */
  readonly since: number;
  readonly namespace: string | undefined;
  readonly stack: string | undefined;
  /** It was told of. */
  told: boolean;
}

/** What Rust tells of what takes too long. */
interface Overdue {
  operations: Array<{ id: string; database: string; command: string; ageMS: number }>;
  connections: Array<{ address: string; connectionId: number; ageMS: number }>;
}

/** Leaks of garbage that `current` shows, at most. */
const REMEMBERED = 100;
/** Milliseconds between two looks. */
const MIN_INTERVAL_MS = 50;
const MAX_INTERVAL_MS = 30_000;

export class LeakWatch {
  readonly #leakMS: number;
  readonly #hold: () => Hold | undefined;
  readonly #tell: (leak: Leak) => void;
  #timer: NodeJS.Timeout | undefined;
  readonly #open = new Set<Entry>();
  /** The entries of what is open. */
  readonly #entries = new WeakMap<object, Entry>();
  /** Where things were made. */
  readonly #sites = new WeakMap<object, string>();
  /** What takes too long and was told of, as of the last look. */
  #told = new Set<string>();
  readonly #lost: Leak[] = [];
  readonly #garbage = new FinalizationRegistry<Entry>(entry => this.#forgotten(entry));

  constructor(leakMS: number, hold: () => Hold | undefined, tell: (leak: Leak) => void) {
    this.#leakMS = leakMS;
    this.#hold = hold;
    this.#tell = tell;
  }

  /** Looks for leaks from now on. */
  start(): void {
    this.stop();
    const interval = Math.min(Math.max(this.#leakMS / 2, MIN_INTERVAL_MS), MAX_INTERVAL_MS);
    this.#timer = setInterval(() => this.#look(), interval);
    this.#timer.unref();
  }

  /**
   * Takes note of where something is made that may be left open later.
   * @param maker - a function under way that a method for users has called to make it
   */
  made(object: Leakable, maker: Maker): void {
    this.#sites.set(object, callSite(maker));
  }

  /** From now on it is to be closed. Twice is as good as once. */
  opened(kind: Leak['kind'], object: Leakable, namespace?: string): void {
    if (this.#entries.has(object)) return;
    const entry: Entry = {
      kind,
      object: new WeakRef(object),
      since: performance.now(),
      namespace,
      stack: this.#sites.get(object),
      told: false
    };
    this.#entries.set(object, entry);
    this.#open.add(entry);
    this.#garbage.register(object, entry, entry);
  }

  /** It has been closed, or has come to its end. */
  closed(object: Leakable): void {
    const entry = this.#entries.get(object);
    if (entry === undefined) return;
    this.#entries.delete(object);
    this.#open.delete(entry);
    this.#garbage.unregister(entry);
  }

  /** What has leaked so far: what is open or under way for too long, and the latest garbage. */
  current(): Leak[] {
    const idle = [...this.#open].flatMap(entry => this.#idle(entry) ?? []);
    return [...this.#lost, ...idle, ...this.#overdue().map(([, leak]) => leak)];
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    for (const entry of this.#open) {
      const leak = this.#idle(entry);
      if (leak === undefined) entry.told = false;
      else if (!entry.told) {
        entry.told = true;
        this.#tell(leak);
      }
    }
    const told = new Set<string>();
    for (const [name, leak] of this.#overdue()) {
      told.add(name);
      if (!this.#told.has(name)) this.#tell(leak);
    }
    this.#told = told;
  }

  #idle(entry: Entry): Leak | undefined {
    const object = entry.object.deref();
    if (object === undefined) return undefined;
    const idleMS = performance.now() - Math.max(entry.since, object.lastUse);
    return idleMS < this.#leakMS ? undefined : leakOf(entry, 'idle', Math.round(idleMS));
  }

  #forgotten(entry: Entry): void {
    if (!this.#open.delete(entry)) return;
    const leak = leakOf(entry, 'garbage');
    this.#lost.push(leak);
    if (this.#lost.length > REMEMBERED) this.#lost.shift();
    this.#tell(leak);
  }

  /** What takes too long, each with a name that stays the same from look to look. */
  #overdue(): Array<[name: string, leak: Leak]> {
    const bytes = this.#hold()?.overdue(this.#leakMS);
    if (!bytes) return [];
    const { operations, connections } = deserialize(bytes) as unknown as Overdue;
    return [
      ...operations.map(({ id, database, command, ageMS }): [string, Leak] => [
        `operation ${id}`,
        { kind: 'operation', reason: 'overdue', ageMS, namespace: database, command }
      ]),
      ...connections.map(({ address, connectionId, ageMS }): [string, Leak] => [
        `connection ${address} ${connectionId}`,
        { kind: 'connection', reason: 'overdue', ageMS, address, connectionId }
      ])
    ];
  }
}

function leakOf(entry: Entry, reason: Leak['reason'], idleMS?: number): Leak {
  const { kind, namespace, stack, since } = entry;
  const ageMS = Math.round(performance.now() - since);
  return {
    kind,
    reason,
    ageMS,
    ...(idleMS !== undefined && { idleMS }),
    ...(namespace !== undefined && { namespace }),
    ...(stack !== undefined && { stack })
  };
}
