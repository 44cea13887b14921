// Owns the cold start of polypool: load, connect, read one document, print its place, close.
// Must not load anything else.

'use strict';

const { writeSync } = require('node:fs');
const { PolyPool } = require('polypool');

const [uri, database, collection] = process.argv.slice(2);

async function main() {
  const client = new PolyPool(uri);
  const document = await client.db(database).collection(collection).findOne({ sequence: 0 });
  writeSync(1, `${document.sequence}\n`);
  await client.close();
}

main();
