// Owns the web server of one contender: an Express app with a route for one document and one for a big
// list, in a process of its own. Must not know who asks, nor how often.
//
// Arguments: contender, connection string, database. Sends `{ port }` when it listens; answers any
// message with the delays of its event loop since the last one, in milliseconds.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { openJSONContender } from '../contenders/json-contenders';
import type { JSONContenderName } from '../contenders/json-contenders';
import { ITEMS } from '../database';
import { itemId } from '../documents';
import type { LoopDelays } from './load';

const NANOSECONDS_PER_MILLISECOND = 1_000_000;
const HOST = '127.0.0.1';

const [name, uri, database] = process.argv.slice(2) as [JSONContenderName, string, string];

async function main(): Promise<void> {
  const contender = await openJSONContender(name, uri, database, ITEMS);
  const { reader } = contender;
  const app = express();
  app.get('/items/:sequence', async (request, response) => {
    const json = await reader.findOne(itemId(Number(request.params.sequence)));
    if (json === null) response.sendStatus(404);
    else response.type('json').send(json);
  });
  app.get('/items', async (request, response) => {
    response.type('json').send(await reader.find(Number(request.query.limit)));
  });
  const server = app.listen(0, HOST, () => {
    process.send!({ port: (server.address() as AddressInfo).port });
  });
  // Of 1 ms: what is reported is the time between two of its ticks, so an idle loop has about that.
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  process.on('message', () => {
    const answer: LoopDelays = {
      p50: delays.percentile(50) / NANOSECONDS_PER_MILLISECOND,
      p99: delays.percentile(99) / NANOSECONDS_PER_MILLISECOND
    };
    delays.reset();
    process.send!(answer);
  });
  process.once('disconnect', () => {
    delays.disable();
    server.closeAllConnections();
    server.close(() => void contender.close());
  });
}

void main();
