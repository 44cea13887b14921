/** What of HTTP/2 servers is seen by whoever waits for their answers, on real connections. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  connect,
  createServer,
  type ClientHttp2Session,
  type Http2Server,
  type ServerHttp2Stream
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { internal } from '../../support/internal.ts';

const { Http2Requests } =
  internal<typeof import('../../../lib/shutdown/http2-requests.ts')>('shutdown/http2-requests');

describe('The requests of an HTTP/2 server', { timeout: 20_000 }, () => {
  let server: Http2Server;
  let requests: InstanceType<typeof Http2Requests>;
  /** Requests without an answer. */
  let streams: ServerHttp2Stream[];
  let clients: ClientHttp2Session[];

  beforeEach(async () => {
    requests = new Http2Requests();
    streams = [];
    clients = [];
    server = createServer();
    server.on('stream', stream => streams.push(stream));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    requests.leave();
    for (const client of clients) client.destroy();
    server.close();
  });

  async function open(): Promise<ClientHttp2Session> {
    const { port } = server.address() as AddressInfo;
    const client = connect(`http://127.0.0.1:${port}`);
    client.on('error', () => undefined);
    clients.push(client);
    await once(client, 'remoteSettings');
    return client;
  }

  /** Sends one and waits until the server has it. */
  async function ask(client: ClientHttp2Session): Promise<{ status: Promise<unknown> }> {
    const request = client.request({ ':path': '/' });
    const status = once(request, 'response').then(([headers]) => headers[':status'] as unknown);
    request.on('error', () => undefined).resume();
    await once(server, 'stream');
    return { status };
  }

  function answer(): void {
    for (const stream of streams.splice(0)) {
      stream.respond({ ':status': 200 });
      stream.end();
    }
  }

  it('are answered, and are the last of their connection when no more are to come', async () => {
    requests.watch();
    // Node.js tells of the first connection of all when its session has begun.
    const both = [await open(), await open()];
    const statuses = [];
    for (const client of both) statuses.push((await ask(client)).status);
    assert.ok(requests.isBusy);
    const closed = Promise.all(both.map(async client => await once(client, 'close')));
    requests.stopAccepting();
    answer();
    assert.deepEqual(await Promise.all(statuses), [200, 200]);
    await closed;
    assert.ok(!requests.isBusy);
  });

  it('are the last of a connection that has asked for nothing before', async () => {
    requests.watch();
    const client = await open();
    const closed = once(client, 'close');
    requests.stopAccepting();
    // It is not known of, and is not to bring a second one.
    const { status } = await ask(client);
    answer();
    assert.equal(await status, 200);
    await closed;
  });

  it('leave no listeners behind, however often somebody watches', async () => {
    requests.watch();
    const client = await open();
    const { status } = await ask(client);
    const [stream] = streams;
    const session = stream!.session!;
    answer();
    await status;
    const counts = (): number[] => [
      ...['close', 'session', 'stream'].map(name => server.listenerCount(name)),
      session.listenerCount('close')
    ];
    requests.leave();
    const before = counts();
    for (let cycle = 0; cycle < 3; cycle++) {
      requests.watch();
      await open();
      const again = await ask(client);
      answer();
      await again.status;
      requests.leave();
    }
    assert.deepEqual(counts(), before);
  });
});
