// Owns a TCP proxy before a server, which a test can have swallow what it is sent. Must not know what
// goes through it.

import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export class Proxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** New connections are taken, and nothing that comes through them is passed on. */
  swallows = false;
  /** Connections that were taken so. */
  swallowed = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens before the server of this port. */
  static async before(port: number): Promise<Proxy> {
    const server = createServer();
    const proxy = new Proxy(server);
    server.on('connection', socket => proxy.#take(socket, port));
    server.listen(0, '127.0.0.1');
    await new Promise(resolve => server.once('listening', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise(resolve => this.#server.close(resolve));
  }

  #take(socket: Socket, port: number): void {
    this.#keep(socket);
    if (this.swallows) {
      this.swallowed += 1;
      socket.resume();
      return;
    }
    const server = connect(port, '127.0.0.1');
    this.#keep(server);
    socket.pipe(server).pipe(socket);
    socket.on('close', () => server.destroy());
    server.on('close', () => socket.destroy());
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
  }
}
