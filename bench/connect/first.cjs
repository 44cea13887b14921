// Owns the first connect of a process: loads a package, then prints the milliseconds from making the
// client to the answer of its first command. Must not load anything else.

'use strict';

const { writeSync } = require('node:fs');

const [name, uri] = process.argv.slice(2);

const PACKAGES = {
  polypool: () => fromClient(require('polypool').PolyPool),
  mongodb: () => fromClient(require('mongodb').MongoClient),
  mongoose: () => {
    const mongoose = require('mongoose');
    return async () => {
      const connection = await mongoose.createConnection(uri).asPromise();
      await connection.db.admin().command({ ping: 1 });
      return connection;
    };
  }
};

function fromClient(Client) {
  return async () => {
    const client = new Client(uri);
    await client.connect();
    await client.db('admin').command({ ping: 1 });
    return client;
  };
}

async function main() {
  const connect = PACKAGES[name]();
  const start = performance.now();
  const client = await connect();
  writeSync(1, `${performance.now() - start}\n`);
  await client.close();
}

main();
