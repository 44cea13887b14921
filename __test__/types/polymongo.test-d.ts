/** What `polypool/polymongo` is to the compiler: the names that users of the package `polymongo` have. */
import mongoose from 'mongoose';
import PolyMongo, { PolyMongo as Named } from 'polypool/polymongo';

interface User {
  name: string;
}

const options: PolyMongo.Types.wrapperOptions = {
  mongoURI: 'mongodb://127.0.0.1',
  retry: { attempts: 5, stepMS: 5000 },
  debug: { log: true, logHandler: (line: string) => void line.trim() },
  dbSpecific: [{ dbName: 'analytics', options: { maxConnections: 25, autoClose: true, ttl: 1000 } }]
};

const wrapper: PolyMongo = PolyMongo.createWrapper(options);
export const other: PolyMongo = new Named({ mongoURI: 'mongodb://127.0.0.1' });

const Plain = mongoose.model('User', new mongoose.Schema<User>({ name: String }));
const User = wrapper.wrapModel(Plain);
export const same: typeof Plain = User.db('analytics');
export const home: typeof Plain = User.db();
declare const Typed: mongoose.Model<User>;
export const model: PolyMongo.Types.wrappedModel<User> = wrapper.wrapModel(Typed);
export const name: Promise<string | undefined> = User.db()
  .findOne()
  .then(user => user?.name);

export const summary: PolyMongo.Types.ConnectionStats = wrapper.stats.general();
export const databases: string[] = wrapper.stats().databases;
export const off: () => void = wrapper.on('error', event => {
  event.error.message.trim();
});
export const done: Promise<number> = wrapper.transaction(async session => {
  await User.create([{ name: 'a' }], { session });
  return 1;
});
export const copied: Promise<PolyMongo.Types.databaseCopySummary> = wrapper.actions.copyDatabase(
  'a',
  'b'
);

// @ts-expect-error an address is needed
PolyMongo.createWrapper({});
// @ts-expect-error there is no such event
wrapper.on('connected', () => undefined);
