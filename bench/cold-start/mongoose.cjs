// Owns the cold start of Mongoose: load, connect, read one document, print its place, close.
// Must not load anything else.

'use strict';

const { writeSync } = require('node:fs');
const mongoose = require('mongoose');

const [uri, database, collection] = process.argv.slice(2);

async function main() {
  await mongoose.connect(uri, { dbName: database, autoIndex: false, autoCreate: false });
  const schema = new mongoose.Schema({ sequence: Number, name: String, email: String });
  const Item = mongoose.model('Item', schema, collection);
  const document = await Item.findOne({ sequence: 0 }).lean();
  writeSync(1, `${document.sequence}\n`);
  await mongoose.disconnect();
}

main();
