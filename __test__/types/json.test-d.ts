/** What JSON bytes are to the compiler. */
import type { Readable } from 'node:stream';
import type { Collection, JSONOptions } from 'polypool';
import { typeOf } from './same.ts';

interface User {
  name: string;
}

declare const users: Collection<User>;

export function givesBytesAndStreams(): void {
  typeOf(users.find().toJSONBytes()).is<Promise<Buffer>>(true);
  typeOf(users.aggregate().toJSONBytes({ dialect: 'ejson', relaxed: false })).is<Promise<Buffer>>(
    true
  );
  typeOf(users.find().sort({ name: 1 }).jsonStream()).is<Readable>(true);
  typeOf(users.findOneJSON({ name: 'a' }, { projection: { _id: 0 } })).is<Promise<Buffer | null>>(
    true
  );
}

export function knowsTheDialects(): void {
  const options: JSONOptions = { dialect: 'plain' };
  void users.find().toJSONBytes(options);
  // @ts-expect-error -- there is no such dialect
  void users.find().toJSONBytes({ dialect: 'yaml' });
  // @ts-expect-error -- it is a boolean
  void users.findOneJSON({}, { dialect: 'ejson', relaxed: 'yes' });
}
