// Owns Mongoose's connection. It survives hot reloads: the module is evaluated again, Mongoose is not.

import mongoose from 'mongoose';
import { install } from 'polypool/mongoose';

// The one line. Without it, the same program runs on Mongoose's own driver.
install(mongoose);

/** Resolves when Mongoose is connected. Costs nothing when it is. */
export async function database() {
  await mongoose.connect(process.env.MONGODB_URI ?? 'mongodb://127.0.0.1:27017/notes');
  return mongoose.connection;
}
