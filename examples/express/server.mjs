// Owns the process: the pool, the listening socket, and an orderly end.
// Must not know the routes (app.mjs).

import { createServer } from 'node:http';
import { connect } from 'polypool';
import { createApp } from './app.mjs';

/** How long requests may take to finish once the end was asked for, in milliseconds. */
const DRAIN_MS = 10_000;

const uri = process.env.MONGODB_URI ?? 'mongodb://127.0.0.1:27017';
const port = Number(process.env.PORT ?? 3000);

const pool = await connect(uri);
const server = createServer(createApp(pool));
server.listen(port, process.env.HOST ?? '127.0.0.1', () => {
  const { address, port } = server.address();
  console.log(`listening on http://${address}:${port}`);
});
server.on('error', async error => {
  console.error(error.message);
  process.exitCode = 1;
  await pool.close();
});

process.once('SIGTERM', stop);
process.once('SIGINT', stop);

/**
 * Stops accepting, lets the requests finish, closes the pool. With nothing left to do the process
 * ends by itself: there is no need for process.exit, which would cut off what still runs.
 */
function stop() {
  const deadline = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  server.close(async () => {
    clearTimeout(deadline);
    await pool.close();
    console.log('closed');
  });
}
