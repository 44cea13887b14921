/** What change streams are to the compiler: the driver's, over the documents of what is watched. */
import type * as driver from 'mongodb';
import { ChangeStream, MongoClient, type Collection } from 'polypool';
import { same, typeOf } from './same.ts';

interface User {
  name: string;
}

const client = new MongoClient('mongodb://localhost');
const users: Collection<User> = client.db().collection<User>('users');

export async function watchesDocumentsOfTheCollection(): Promise<void> {
  const stream = users.watch();
  typeOf(stream).is<ChangeStream<User, driver.ChangeStreamDocument<User>>>(true);
  const change = await stream.next();
  typeOf(change).is<driver.ChangeStreamDocument<User>>(true);
  if (change.operationType === 'insert') typeOf(change.fullDocument).is<User>(true);
  typeOf(await stream.tryNext()).is<driver.ChangeStreamDocument<User> | null>(true);
  for await (const one of stream) typeOf(one).is<driver.ChangeStreamDocument<User>>(true);
}

export function givesListenersWhatTheyGetFromTheDriver(): void {
  const stream = users.watch([], { fullDocument: 'updateLookup' });
  stream.on('change', change => typeOf(change).is<driver.ChangeStreamDocument<User>>(true));
  stream.on('error', error => typeOf(error).is<Error>(true));
  stream.once(ChangeStream.RESUME_TOKEN_CHANGED, token => typeOf(token).is<unknown>(true));
  same<driver.ResumeToken, unknown>(true);
}

export async function watchesWhatTheCallerSays(): Promise<void> {
  interface Shaped {
    _id: driver.ResumeToken;
    mine: number;
  }
  const everywhere = client.watch<User>([{ $match: {} }]);
  typeOf(everywhere).is<ChangeStream<User, driver.ChangeStreamDocument<User>>>(true);
  const shaped = client.db().watch<User, Shaped>([{ $project: { mine: '1' } }]);
  typeOf((await shaped.next()).mine).is<number>(true);
}

export function isTheDriversToTheDriversUsers(): driver.ChangeStream<User> {
  // @ts-expect-error no such option's value
  users.watch([], { maxAwaitTimeMS: 'long' });
  // @ts-expect-error not a pipeline
  users.watch({ $match: {} });
  return users.watch();
}
