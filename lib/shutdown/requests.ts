/**
 * The HTTP requests that this process is answering, of every `node:http` server in it, as Node.js
 * reports them to whoever asks, and those of HTTP/2 with them. It knows neither pools nor signals.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Server, ServerResponse } from 'node:http';
import { Http2Requests } from './http2-requests';

/** What Node.js publishes of a request. */
interface Published {
  readonly response: ServerResponse;
  readonly server: Server;
}

const BEGUN = 'http.server.request.start';
const ENDED = 'http.server.response.finish';

export class Requests {
  /** Responses that have not been written; with those whose client has gone, until looked at. */
  readonly #open = new Set<ServerResponse>();
  readonly #http2 = new Http2Requests();
  /** Servers that have had a request. */
  readonly #servers = new Set<Server>();
  /** Entries at which those are dropped that nobody waits for. */
  #limit = 1024;
  /** Connections are to end with their response. */
  #ending = false;

  readonly #begun = (message: unknown): void => {
    const { response, server } = message as Published;
    this.#open.add(response);
    if (this.#open.size >= this.#limit) this.#sweep();
    if (!this.#servers.has(server)) this.#meet(server);
    if (this.#ending) endWithResponse(response);
  };

  readonly #ended = (message: unknown): void => {
    this.#open.delete((message as Published).response);
  };

  /** Begins to watch. */
  watch(): void {
    subscribe(BEGUN, this.#begun);
    subscribe(ENDED, this.#ended);
    this.#http2.watch();
  }

  /** Watches no longer, and forgets. */
  leave(): void {
    unsubscribe(BEGUN, this.#begun);
    unsubscribe(ENDED, this.#ended);
    this.#http2.leave();
    this.#open.clear();
    this.#servers.clear();
    this.#ending = false;
  }

  /** Whether some request has no answer yet. */
  get isBusy(): boolean {
    this.#sweep();
    return this.#open.size > 0 || this.#http2.isBusy;
  }

  /** Has the servers take no more connections, and end those they have with the next answer. */
  stopAccepting(): void {
    this.#ending = true;
    this.#http2.stopAccepting();
    for (const server of this.#servers) {
      if (server.listening) server.close();
    }
    for (const response of this.#open) endWithResponse(response);
  }

  #meet(server: Server): void {
    for (const known of this.#servers) {
      if (!known.listening) this.#servers.delete(known);
    }
    this.#servers.add(server);
  }

  /** A response whose connection has gone is never finished. */
  #sweep(): void {
    for (const response of this.#open) {
      if (response.destroyed || response.writableFinished) this.#open.delete(response);
    }
    this.#limit = Math.max(1024, this.#open.size * 2);
  }
}

function endWithResponse(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}
