/**
 * The HTTP/2 requests that this process is answering, of every `node:http2` server in it. Node.js
 * publishes those of HTTP/1 alone, and every connection that is taken: its server, if it speaks HTTP/2,
 * is listened to as anybody may. Nothing of `node:http2` is loaded. It knows neither pools nor signals.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { EventEmitter } from 'node:events';
import type { Http2Session, ServerHttp2Stream } from 'node:http2';
import type { Server, Socket } from 'node:net';

const CONNECTED = 'net.server.socket';

/** The classes of such servers, which Node.js exports under no name. */
const SPEAK_HTTP2: readonly string[] = ['Http2Server', 'Http2SecureServer'];

export class Http2Requests {
  /** Requests whose answer has not been written. */
  readonly #open = new Set<ServerHttp2Stream>();
  /** Sessions that may bring more, and what hears of their end. */
  readonly #sessions = new Map<Http2Session, () => void>();
  /** Servers that are listened to, and what hears of their end. */
  readonly #servers = new Map<Server, () => void>();
  /** Sessions are to bring no more. */
  #ending = false;

  readonly #connected = (message: unknown): void => {
    const { server } = (message as { socket: Socket & { server?: Server } }).socket;
    if (server === undefined || this.#servers.has(server)) return;
    if (!SPEAK_HTTP2.includes(server.constructor.name)) return;
    const closed = (): void => this.#forget(server);
    this.#servers.set(server, closed);
    server.on('session', this.#opened);
    // Before the one that answers, perhaps at once.
    (server as EventEmitter).prependListener('stream', this.#begun);
    server.once('close', closed);
  };

  readonly #opened = (session: Http2Session): void => {
    if (this.#sessions.has(session)) return;
    const closed = (): void => void this.#sessions.delete(session);
    this.#sessions.set(session, closed);
    session.once('close', closed);
    if (this.#ending) session.close();
  };

  readonly #begun = (stream: ServerHttp2Stream): void => {
    this.#open.add(stream);
    stream.once('close', () => this.#open.delete(stream));
    // That of the connection by which the server became known had begun before.
    if (stream.session !== undefined) this.#opened(stream.session);
  };

  /** Begins to watch. */
  watch(): void {
    subscribe(CONNECTED, this.#connected);
  }

  /** Watches no longer, and forgets. */
  leave(): void {
    unsubscribe(CONNECTED, this.#connected);
    for (const server of this.#servers.keys()) this.#forget(server);
    for (const [session, closed] of this.#sessions) session.removeListener('close', closed);
    this.#open.clear();
    this.#sessions.clear();
    this.#ending = false;
  }

  /** Whether some request has no answer yet. */
  get isBusy(): boolean {
    for (const stream of this.#open) {
      if (!stream.destroyed && !stream.writableFinished) return true;
    }
    return false;
  }

  /** Has the servers take no more connections, and end those they have when what was asked is answered. */
  stopAccepting(): void {
    this.#ending = true;
    for (const server of this.#servers.keys()) if (server.listening) server.close();
    for (const session of this.#sessions.keys()) session.close();
  }

  #forget(server: Server): void {
    server.removeListener('close', this.#servers.get(server)!);
    this.#servers.delete(server);
    server.removeListener('session', this.#opened);
    server.removeListener('stream', this.#begun);
  }
}
