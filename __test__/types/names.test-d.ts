/** Every name that users import from the driver is there, as a type, as a value, or as both. */
import type * as driver from 'mongodb';
import type * as polypool from 'polypool';
import {
  BSON,
  MongoBulkWriteError,
  MongoServerError,
  ObjectId,
  ReadConcernLevel,
  ReadPreference,
  ReturnDocument,
  ServerApiVersion,
  type CommandStartedEvent,
  type Document,
  type Filter,
  type InsertOneResult,
  type OptionalUnlessRequiredId,
  type PullOperator,
  type TransactionOptions,
  type UpdateFilter,
  type WithId
} from 'polypool';
import { same, typeOf } from './same.ts';

interface User {
  name: string;
  tags: string[];
}

export function hasTheDriversTypes(): void {
  same<Filter<User>, driver.Filter<User>>(true);
  same<UpdateFilter<User>, driver.UpdateFilter<User>>(true);
  same<WithId<User>, driver.WithId<User>>(true);
  same<OptionalUnlessRequiredId<User>, driver.OptionalUnlessRequiredId<User>>(true);
  same<PullOperator<User>, driver.PullOperator<User>>(true);
  same<InsertOneResult<User>, driver.InsertOneResult<User>>(true);
  same<Document, driver.Document>(true);
  same<TransactionOptions, driver.TransactionOptions>(true);
  same<CommandStartedEvent, driver.CommandStartedEvent>(true);
}

export function hasTheDriversClasses(error: unknown): void {
  same<typeof MongoServerError, typeof driver.MongoServerError>(true);
  same<MongoBulkWriteError, driver.MongoBulkWriteError>(true);
  same<ReadPreference, driver.ReadPreference>(true);
  same<ObjectId, driver.ObjectId>(true);
  if (error instanceof MongoServerError) typeOf(error.code).is<string | number | undefined>(true);
  if (error instanceof MongoBulkWriteError) typeOf(error.insertedCount).is<number>(true);
  new ReadPreference('nearest', [{ dc: 'ny' }]);
  BSON.serialize({ _id: new ObjectId() });
}

export function hasTheDriversEnumerations(): void {
  typeOf(ReturnDocument.AFTER).is<'after'>(true);
  typeOf(ServerApiVersion.v1).is<'1'>(true);
  same<ReadConcernLevel, driver.ReadConcernLevel>(true);
  typeOf(ReadConcernLevel.majority).is<'majority'>(true);
}

/** What polypool has of its own, it has instead. */
export function hasItsOwnClasses(): void {
  same<polypool.MongoClient, polypool.PolyPool>(true);
  same<polypool.MongoClient, driver.MongoClient>(false);
  same<polypool.Collection<User>, driver.Collection<User>>(false);
  same<ReturnType<polypool.PolyPool['db']>, polypool.Db>(true);
}

/** What only its own works need is not there. */
export function hidesItsInsides(pool: polypool.PolyPool): void {
  // @ts-expect-error what it sends operations through
  pool.hold();
  // @ts-expect-error what databases inherit
  same<polypool.PolyPool['settings'], object>(true);
  // @ts-expect-error what collections inherit
  same<polypool.Db['scope'], object>(true);
  // @ts-expect-error no export of the package's
  same<polypool.Hold, object>(true);
}
