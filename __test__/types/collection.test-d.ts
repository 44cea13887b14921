/** What a typed collection takes and gives is what the driver's takes and gives. */
import type * as driver from 'mongodb';
import {
  ObjectId,
  type AggregationCursor,
  type AnyBulkWriteOperation,
  type Collection,
  type PolyPool
} from 'polypool';
import { same, typeOf } from './same.ts';

interface User {
  _id: driver.ObjectId;
  name: string;
  age?: number;
  address: { city: string; lines: string[] };
}

interface Counter {
  _id: string;
  value: number;
}

declare const pool: PolyPool;
const users = pool.db('test').collection<User>('users');
const counters = pool.db('test').collection<Counter>('counters');
const untyped = pool.db('test').collection('untyped');

type Ours = Collection<User>;
type Theirs = driver.Collection<User>;

/** A method's parameter, without the BSON bytes that polypool takes in place of a document. */
type Parameter<T, Method extends keyof T, Index extends number> = T[Method] extends (
  ...parameters: infer P
) => unknown
  ? Exclude<P[Index], Uint8Array>
  : never;

export function infersTheCollection(): void {
  typeOf(users).is<Collection<User>>(true);
  typeOf(untyped).is<Collection>(true);
  same<Collection, Collection<User>>(false);
}

export async function givesDocumentsAsTheDriver(): Promise<void> {
  typeOf(await users.findOne({ name: 'a' })).is<driver.WithId<User> | null>(true);
  typeOf(await users.find({}).toArray()).is<driver.WithId<User>[]>(true);
  typeOf(await users.find().next()).is<driver.WithId<User> | null>(true);
  for await (const document of users.find({})) typeOf(document).is<driver.WithId<User>>(true);
  typeOf(await untyped.findOne({})).is<driver.WithId<driver.Document> | null>(true);
  typeOf(await users.countDocuments({ age: { $gt: 1 } })).is<number>(true);
}

export async function takesAProjectionsType(): Promise<void> {
  const projected = users.find({}).project<{ name: string }>({ name: 1, _id: 0 });
  typeOf(await projected.toArray()).is<{ name: string }[]>(true);
  const named = await users.findOne<{ name: string }>({}, { projection: { name: 1 } });
  typeOf(named).is<{ name: string } | null>(true);
  const lengths = users.find({}).map(({ name }) => name.length);
  typeOf(await lengths.toArray()).is<number[]>(true);
  const groups = users.aggregate<{ _id: string; n: number }>([]);
  typeOf(await groups.toArray()).is<{ _id: string; n: number }[]>(true);
}

export async function givesWhatWasModifiedAsTheDriver(): Promise<void> {
  const set = { $set: { name: 'a' } };
  typeOf(await users.findOneAndUpdate({}, set)).is<driver.WithId<User> | null>(true);
  const plain = await users.findOneAndUpdate({}, set, { includeResultMetadata: false });
  typeOf(plain).is<driver.WithId<User> | null>(true);
  const whole = await users.findOneAndUpdate({}, set, { includeResultMetadata: true });
  typeOf(whole).is<driver.ModifyResult<User>>(true);
  typeOf(await users.findOneAndDelete({})).is<driver.WithId<User> | null>(true);
  const deleted = await users.findOneAndDelete({}, { includeResultMetadata: true });
  typeOf(deleted.value).is<driver.WithId<User> | null>(true);
  const replacement = { name: 'a', address: { city: 'b', lines: [] } };
  const replaced = await users.findOneAndReplace({}, replacement, { returnDocument: 'after' });
  typeOf(replaced).is<driver.WithId<User> | null>(true);
}

export async function givesDistinctValuesAsTheDriver(): Promise<void> {
  typeOf(await users.distinct('name')).is<string[]>(true);
  typeOf(await users.distinct('_id', { age: 1 })).is<driver.ObjectId[]>(true);
  typeOf(await users.distinct('address.city')).is<any[]>(true);
}

export async function givesIndexesAsTheDriver(): Promise<void> {
  typeOf(await users.indexes()).is<driver.IndexDescriptionInfo[]>(true);
  typeOf(await users.indexes({ full: false })).is<driver.IndexDescriptionCompact>(true);
  typeOf(await users.indexInformation()).is<driver.IndexDescriptionCompact>(true);
  typeOf(await users.indexInformation({ full: true })).is<driver.IndexDescriptionInfo[]>(true);
  typeOf(await users.createIndex({ name: 1 }, { unique: true })).is<string>(true);
  typeOf(await users.rename('others')).is<Collection>(true);
}

export function takesPipelinesStageByStage(): void {
  const pipeline = users.aggregate().match({ age: 1 }).sort({ name: 1 }).limit(3);
  typeOf(pipeline.project<{ name: string }>({ name: 1 })).is<AggregationCursor<{ name: string }>>(
    true
  );
  const mapped = users.aggregate<User>().map(({ name }) => name);
  typeOf(mapped).is<AggregationCursor<string>>(true);
}

export function takesBulkWritesAsTheDriver(): void {
  const operations: AnyBulkWriteOperation<Counter>[] = [
    { insertOne: { document: { _id: 'a', value: 1 } } },
    { updateOne: { filter: { _id: 'a' }, update: { $inc: { value: 1 } }, upsert: true } },
    { replaceOne: { filter: { _id: 'a' }, replacement: { value: 2 } } },
    { deleteMany: { filter: { value: { $lt: 1 } } } }
  ];
  same<typeof operations, driver.AnyBulkWriteOperation<Counter>[]>(true);
  // @ts-expect-error a value of another type
  operations.push({ insertOne: { document: { _id: 'a', value: 'one' } } });
}

export function takesParametersAsTheDriver(): void {
  same<Parameter<Ours, 'insertOne', 0>, driver.OptionalUnlessRequiredId<User>>(true);
  same<Parameter<Ours, 'insertOne', 0>, Parameter<Theirs, 'insertOne', 0>>(true);
  same<Parameter<Ours, 'insertOne', 1>, Parameter<Theirs, 'insertOne', 1>>(true);
  same<Parameter<Ours, 'insertMany', 1>, Parameter<Theirs, 'insertMany', 1>>(true);
  same<Parameter<Ours, 'bulkWrite', 0>, Parameter<Theirs, 'bulkWrite', 0>>(true);
  same<Parameter<Ours, 'bulkWrite', 1>, Parameter<Theirs, 'bulkWrite', 1>>(true);
  same<Parameter<Ours, 'updateOne', 0>, Parameter<Theirs, 'updateOne', 0>>(true);
  same<Parameter<Ours, 'updateOne', 1>, Parameter<Theirs, 'updateOne', 1>>(true);
  same<Parameter<Ours, 'updateOne', 2>, Parameter<Theirs, 'updateOne', 2>>(true);
  same<Parameter<Ours, 'replaceOne', 1>, Parameter<Theirs, 'replaceOne', 1>>(true);
  same<Parameter<Ours, 'deleteMany', 0>, Parameter<Theirs, 'deleteMany', 0>>(true);
  same<Parameter<Ours, 'deleteMany', 1>, Parameter<Theirs, 'deleteMany', 1>>(true);
}

export async function givesResultsAsTheDriver(): Promise<void> {
  const inserted = await counters.insertOne({ _id: 'a', value: 1 });
  typeOf(inserted).is<driver.InsertOneResult<Counter>>(true);
  typeOf(inserted.insertedId).is<string>(true);
  const many = await counters.insertMany([{ _id: 'b', value: 1 }]);
  typeOf(many).is<driver.InsertManyResult<Counter>>(true);
  const mixed = await counters.bulkWrite([{ deleteMany: { filter: { value: 1 } } }]);
  typeOf(mixed).is<driver.BulkWriteResult>(true);
  const bulk = counters.initializeOrderedBulkOp().insert({ _id: 'c' });
  typeOf(await bulk.find({}).upsert().updateOne({}).execute()).is<driver.BulkWriteResult>(true);
  const updated = await counters.updateMany({}, { $inc: { value: 1 } });
  typeOf(updated).is<driver.UpdateResult<Counter>>(true);
  typeOf(await counters.deleteOne({ _id: 'a' })).is<driver.DeleteResult>(true);
}

export async function refusesWhatTheDriverRefuses(): Promise<void> {
  // @ts-expect-error the name is missing
  await users.insertOne({ _id: new ObjectId(), address: { city: 'a', lines: [] } });
  // @ts-expect-error an _id of another type
  await counters.insertOne({ _id: 1, value: 1 });
  // @ts-expect-error a value of another type
  await counters.findOne({ value: 'one' });
  // @ts-expect-error an operator that numbers have and strings do not
  await users.updateOne({}, { $inc: { name: 1 } });
  // @ts-expect-error a model of no known kind
  await users.bulkWrite([{ upsertOne: { filter: {}, update: {} } }]);
  // @ts-expect-error a value of another type in a model
  await counters.bulkWrite([{ insertOne: { document: { _id: 'a', value: 'one' } } }]);
  // @ts-expect-error no such option
  await users.find({}, { limits: 1 }).toArray();
  // @ts-expect-error an array's operator on a string
  await users.updateOne({}, { $push: { name: 'a' } });
  // @ts-expect-error a replacement without what is required
  await users.replaceOne({}, { name: 'a' });
  // @ts-expect-error no direction
  await users.createIndex({ name: 'up' });
  // @ts-expect-error neither before nor after
  await users.findOneAndUpdate({}, { $set: { name: 'a' } }, { returnDocument: 'new' });
}

export async function takesNestedPaths(): Promise<void> {
  const path = { 'address.city': 'a', 'address.lines.0': 'b' };
  await users.findOne({ ...path, $or: [{ age: 1 }] });
  await users.updateOne({ _id: new ObjectId() }, { $set: path, $inc: { age: 1 } });
  const filter: driver.Filter<User> = { name: { $in: ['a', 'b'] }, age: { $exists: true } };
  await users.find(filter).sort({ name: 1 }).limit(1).toArray();
}
