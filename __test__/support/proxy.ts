// Owns a TCP proxy in front of a server, and the faults that a network has. Must not know what the
// bytes mean, nor what is expected of who suffers.

import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';

/** What becomes of bytes on their way, in the direction that {@link Proxy.fault} is told. */
export type Fault =
  /** They go on at once. */
  | { kind: 'none' }
  /** They go on after `ms` milliseconds, in order, and even if who sent them has gone meanwhile. */
  | { kind: 'delay'; ms: number }
  /** The connection is reset when the next ones come. */
  | { kind: 'reset' }
  /** The first `bytes` of them go on, then the connection ends. */
  | { kind: 'truncate'; bytes: number }
  /** They vanish, and the connection stays. */
  | { kind: 'blackHole' }
  /** Whoever is to get them is told that no more will come; the other direction stays open. */
  | { kind: 'halfClose' }
  /** They go on one by one, `ms` milliseconds apart. */
  | { kind: 'trickle'; ms: number };

/** Which way bytes go: to the server, or back. */
export type Direction = 'up' | 'down';

const NONE: Fault = { kind: 'none' };

/** Follows what a client sends and gets on one connection. */
export interface Watcher {
  sent(bytes: Uint8Array): void;
  /** The client can have got these by now. */
  delivered(bytes: Uint8Array): void;
}

/** A pair of sockets, and what became of it. */
export interface Link<Watch extends Watcher | undefined = Watcher | undefined> {
  /** Counts from 1. */
  readonly number: number;
  /** Bytes that have come from the client. */
  received: number;
  /** {@link received} when a fault struck it; undefined for a sound one. */
  struckAt: number | undefined;
  readonly watcher: Watch;
}

export class Proxy<Watch extends Watcher | undefined = undefined> {
  readonly #watch: () => Watch;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #lanes = new Set<Lane>();
  readonly #faults: Record<Direction, Fault> = { up: NONE, down: NONE };
  /** Every connection there has been. */
  readonly links: Array<Link<Watch>> = [];
  /** New connections are taken, and nothing that comes through them is passed on. */
  swallows = false;
  /** Connections that were taken so. */
  swallowed = 0;

  /** Connections that are open. */
  get open(): number {
    return this.#sockets.size / 2;
  }

  private constructor(to: number, watch: () => Watch) {
    this.#watch = watch;
    this.#server = createServer({ allowHalfOpen: true }, client => this.#accept(client, to));
  }

  /** Listens on a port of its own. `watch` makes the watcher of each connection. */
  static async before(port: number): Promise<Proxy>;
  static async before<Watch extends Watcher>(
    port: number,
    watch: () => Watch
  ): Promise<Proxy<Watch>>;
  static async before(
    port: number,
    watch: () => Watcher | undefined = () => undefined
  ): Promise<Proxy<Watcher | undefined>> {
    const proxy = new Proxy(port, watch);
    await new Promise<void>(resolve => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on, this becomes of bytes that go this way, on connections that there are and will be. */
  fault(direction: Direction, fault: Fault): void {
    this.#faults[direction] = fault;
  }

  /**
   * From now on bytes go on as they come, and what trickled goes on at once. Connections that a fault
   * has struck stay struck.
   */
  heal(): void {
    this.#faults.up = NONE;
    this.#faults.down = NONE;
    for (const lane of this.#lanes) lane.hurry();
  }

  /** Ends all connections, and takes no more. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<unknown>(resolve => this.#server.close(resolve));
  }

  #accept(client: Socket, to: number): void {
    if (this.swallows) {
      this.#swallow(client);
      return;
    }
    const server = connect({ port: to, host: '127.0.0.1', allowHalfOpen: true });
    const watcher = this.#watch();
    const number = this.links.length + 1;
    const link: Link<Watch> = { number, received: 0, struckAt: undefined, watcher };
    this.links.push(link);
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
    }
    client.on('data', bytes => {
      link.received += bytes.length;
      watcher?.sent(bytes);
    });
    const up = this.#carry('up', client, server, link);
    const down = this.#carry('down', server, client, link);
    client.on('close', () => {
      this.#sockets.delete(client);
      up.end();
    });
    server.on('close', () => {
      this.#sockets.delete(server);
      down.end();
    });
  }

  #swallow(client: Socket): void {
    this.swallowed += 1;
    this.#sockets.add(client);
    client.on('error', () => undefined);
    client.on('close', () => this.#sockets.delete(client));
    client.on('end', () => client.end());
    client.resume();
  }

  #carry(direction: Direction, from: Socket, to: Socket, link: Link<Watch>): Lane {
    const { watcher } = link;
    const pass = (bytes: Buffer): void => {
      if (direction === 'down') watcher?.delivered(bytes);
      to.write(bytes);
    };
    const lane = new Lane(to, pass, this.#timers);
    this.#lanes.add(lane);
    to.once('close', () => this.#lanes.delete(lane));
    from.on('data', (bytes: Buffer) => {
      const fault = this.#faults[direction];
      if (fault.kind !== 'none' && fault.kind !== 'delay') link.struckAt ??= link.received;
      switch (fault.kind) {
        case 'none':
          lane.send(bytes, 0);
          break;
        case 'delay':
          lane.send(bytes, fault.ms);
          break;
        case 'reset':
          from.resetAndDestroy();
          to.resetAndDestroy();
          break;
        case 'truncate':
          pass(bytes.subarray(0, fault.bytes));
          to.end();
          from.destroySoon();
          break;
        case 'blackHole':
          break;
        case 'halfClose':
          to.end();
          break;
        case 'trickle':
          lane.send(bytes, fault.ms, fault.ms);
      }
    });
    from.on('end', () => lane.finish());
    return lane;
  }
}

/** Bytes that are held back, on one way of one connection. They keep their order. */
class Lane {
  readonly #to: Socket;
  readonly #pass: (bytes: Buffer) => void;
  readonly #timers: Set<NodeJS.Timeout>;
  /** What waits, when it is due, and the time between two bytes of it; 0 for all at once. */
  readonly #held: Array<{ bytes: Buffer; due: number; paceMS: number }> = [];
  #timer: NodeJS.Timeout | undefined;
  /** What becomes of the other side when nothing waits any more. */
  #last: 'ends' | 'closes' | undefined;

  constructor(to: Socket, pass: (bytes: Buffer) => void, timers: Set<NodeJS.Timeout>) {
    this.#to = to;
    this.#pass = pass;
    this.#timers = timers;
  }

  send(bytes: Buffer, delayMS: number, paceMS = 0): void {
    if (delayMS === 0 && this.#held.length === 0) {
      this.#pass(bytes);
      return;
    }
    this.#held.push({ bytes, due: performance.now() + delayMS, paceMS });
    this.#wait();
  }

  /** No more will come. */
  finish(): void {
    this.#last ??= 'ends';
    this.#conclude();
  }

  /** Who sends has gone. What trickles goes with it; what is merely late arrives. */
  end(): void {
    this.#last = 'closes';
    if (this.#held.some(({ paceMS }) => paceMS > 0)) this.#held.length = 0;
    this.#conclude();
  }

  #conclude(): void {
    if (this.#held.length > 0) return;
    if (this.#last === 'ends') this.#to.end();
    else if (this.#last === 'closes') this.#to.destroy();
  }

  /** Lets go of what trickles, all at once. */
  hurry(): void {
    for (const held of this.#held) if (held.paceMS > 0) Object.assign(held, { paceMS: 0, due: 0 });
    this.#release();
  }

  #wait(): void {
    const next = this.#held[0];
    if (next === undefined || this.#timer !== undefined || this.#to.destroyed) return;
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        this.#timer = undefined;
        this.#release();
        this.#wait();
      },
      Math.max(1, Math.ceil(next.due - performance.now()))
    );
    this.#timer = timer;
    this.#timers.add(timer);
  }

  #release(): void {
    this.#passDue();
    this.#conclude();
  }

  /** Lets go of what is due: of bytes that trickle, the first. */
  #passDue(): void {
    for (let next = this.#held[0]; next !== undefined; next = this.#held[0]) {
      const now = performance.now();
      if (next.due > now) return;
      if (next.paceMS === 0 || next.bytes.length === 1) {
        this.#pass(next.bytes);
        this.#held.shift();
        continue;
      }
      this.#pass(next.bytes.subarray(0, 1));
      next.bytes = next.bytes.subarray(1);
      next.due = now + next.paceMS;
    }
  }
}
