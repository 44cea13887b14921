// Owns the choice of a free TCP port. Must not know who will listen on it.

import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Where mongod and everything started here listens. */
export const HOST = '127.0.0.1';

/**
 * Below the ephemeral range of Linux (32768 and up) and of others (49152 and up): a port in it may
 * be taken by an outgoing connection while a node of a replica set is down.
 */
const RANGE = /** @type {const} */ ([20_000, 32_000]);

/**
 * A port which nobody listened on a moment ago. Another process may take it before the caller does.
 *
 * @returns {Promise<number>}
 */
export async function freePort() {
  for (;;) {
    const port = randomInt(...RANGE);
    if (await isFree(port)) return port;
  }
}

/** @param {number} port @returns {Promise<boolean>} */
function isFree(port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (/** @type {NodeJS.ErrnoException} */ error) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    });
    server.listen(port, HOST, () => server.close(() => resolve(true)));
  });
}
