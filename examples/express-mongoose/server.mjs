// Owns the process: Mongoose's connection, the listening socket, and an orderly end.
// Must not know the routes (app.mjs).

import { createServer } from 'node:http';
import mongoose from 'mongoose';
import { install } from 'polypool/mongoose';
import { createApp } from './app.mjs';

// The one line. Without it, the same program runs on Mongoose's own driver.
install(mongoose);

await mongoose.connect(process.env.MONGODB_URI ?? 'mongodb://127.0.0.1:27017/library');

const server = createServer(createApp());
server.listen(Number(process.env.PORT ?? 3000), process.env.HOST ?? '127.0.0.1', () => {
  const { address, port } = server.address();
  const client = mongoose.connection.getClient().constructor.name;
  console.log(`listening on http://${address}:${port}, on a ${client}`);
});

process.once('SIGTERM', stop);
process.once('SIGINT', stop);

/** Stops accepting, lets the requests finish, closes the connection; then the process ends by itself. */
function stop() {
  server.close(async () => {
    await mongoose.disconnect();
    console.log('closed');
  });
}
