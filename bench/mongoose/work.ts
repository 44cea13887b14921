// Owns what Mongoose is asked for in its suite: each piece of work on one contender's models.
// Must not know which driver is under them, nor how the work is timed.

import type { Model } from 'mongoose';
import { toJSONBytes } from 'polypool/mongoose';
import type { MongooseContender } from '../contenders/mongoose-drivers';
import { ITEMS } from '../database';
import { DOCUMENTS, newItem } from '../documents';
import type { Item } from '../documents';
import { SUBJECT } from '../suite';

/** One operation after another, each with a preparation that is not counted. */
export interface Large {
  readonly kind: 'large';
  readonly prepare: () => Promise<unknown>;
  readonly operation: (prepared: unknown) => Promise<void>;
}

/** Many operations, so many in flight. */
export interface Small {
  readonly kind: 'small';
  readonly inFlight: number;
  readonly prepare: () => Promise<unknown>;
  readonly operation: (index: number) => Promise<void>;
}

export type Work = Large | Small;

/** Empties a collection. */
export type Empty = (collection: string) => Promise<void>;

/** Gives one contender its way through the work. */
export type WorkOf = (contender: MongooseContender, empty: Empty) => Work;

const IN_FLIGHT = 64;
/** Transactions hold their connections, and the server's locks, for several round trips. */
const TRANSACTIONS_IN_FLIGHT = 16;
/** Documents that are changed in turn: more than are in flight. */
const CHANGED = 1_024;
/** Documents that are populated. */
const POPULATED = 1_000;
/** Walks all documents in an order that is no scan: coprime to `DOCUMENTS`. */
const STRIDE = 7_919;

const NOTHING = async (): Promise<void> => {};

/** By the names of the cases, in the order in which they run. */
export const WORK: Readonly<Record<string, WorkOf>> = {
  'findOne().lean() by _id, 64 in flight': contender => {
    const items = contender.items(ITEMS);
    return small(IN_FLIGHT, NOTHING, async index => {
      const sequence = (index * STRIDE) % DOCUMENTS;
      const found = await items.findOne({ _id: contender.itemId(sequence) }).lean();
      check(contender, found?.sequence === sequence, 'found another document');
    });
  },

  'find().lean() of 10,000': contender => {
    const items = contender.items(ITEMS);
    return reading(contender, async () => await items.find().lean());
  },

  'find() of 10,000, hydrated': contender => {
    const items = contender.items(ITEMS);
    return reading(contender, async () => await items.find());
  },

  'JSON of 10,000: toJSONBytes(), or lean() and JSON.stringify': contender => {
    const items = contender.items(ITEMS);
    const isOwn = contender.name === SUBJECT;
    return large(NOTHING, async () => {
      const query = items.find().lean();
      const json = isOwn ? await toJSONBytes(query) : JSON.stringify(await query);
      check(contender, (json?.length ?? 0) > DOCUMENTS * 100, 'wrote too little');
    });
  },

  'populate() of 1,000': contender => {
    const orders = contender.orders(`orders ${contender.name}`, ITEMS);
    const prepare = async (): Promise<void> => {
      if ((await orders.estimatedDocumentCount()) === POPULATED) return;
      await orders.insertMany(
        Array.from({ length: POPULATED }, (_, count) => ({
          item: contender.itemId(count * 7),
          count
        }))
      );
    };
    return large(prepare, async () => {
      const found = await orders.find().populate<{ item: Item }>('item');
      const isWhole = found.length === POPULATED && found.at(-1)?.item.sequence !== undefined;
      check(contender, isWhole, `populated ${found.length}`);
    });
  },

  'create(), 64 in flight': (contender, empty) => {
    const name = `created ${contender.name}`;
    const items = contender.items(name);
    return small(
      IN_FLIGHT,
      () => empty(name),
      async index => {
        const created = await items.create(newItem(index));
        check(contender, !created.isNew, 'created nothing');
      }
    );
  },

  'save() of a change, 64 in flight': (contender, empty) => {
    const items = contender.items(`saved ${contender.name}`);
    let documents: Awaited<ReturnType<typeof fill>> = [];
    const prepare = async (): Promise<void> => {
      documents = await fill(contender, items, empty);
    };
    return small(IN_FLIGHT, prepare, async index => {
      const document = documents[index % CHANGED]!;
      document.quantity = -1 - index;
      document.tags.push('changed');
      if (document.tags.length > 8) document.tags = [];
      await document.save();
      check(contender, !document.isModified(), 'saved nothing');
    });
  },

  'findOneAndUpdate(), 64 in flight': (contender, empty) => {
    const items = contender.items(`updated ${contender.name}`);
    return small(
      IN_FLIGHT,
      () => fill(contender, items, empty),
      async index => {
        const filter = { _id: contender.itemId(index % CHANGED) };
        const update = { $set: { quantity: index } };
        const found = await items.findOneAndUpdate(filter, update, { returnDocument: 'after' });
        check(contender, found?.quantity === index, 'found another state');
      }
    );
  },

  'insertMany() of 10,000': (contender, empty) => {
    const name = `inserted ${contender.name}`;
    const items = contender.items(name);
    const prepare = async (): Promise<unknown> => {
      await empty(name);
      return Array.from({ length: DOCUMENTS }, (_, sequence) => newItem(sequence));
    };
    return large(prepare, async made => {
      const inserted = await items.insertMany(made as Item[]);
      check(contender, inserted.length === DOCUMENTS, `inserted ${inserted.length}`);
    });
  },

  'transaction() of an insert and an update, 16 in flight': (contender, empty) => {
    const items = contender.items(`transacted ${contender.name}`);
    const { connection } = contender.mongoose;
    return small(
      TRANSACTIONS_IN_FLIGHT,
      () => fill(contender, items, empty),
      async index => {
        await connection.transaction(async session => {
          await items.create([newItem(index)], { session });
          const filter = { _id: contender.itemId(index % CHANGED) };
          const updated = await items.updateOne(filter, { $inc: { quantity: 1 } }, { session });
          check(contender, updated.matchedCount === 1, 'updated nothing');
        });
      }
    );
  }
};

/** Puts the documents that are changed in turn where they are. */
async function fill(contender: MongooseContender, items: Model<Item>, empty: Empty) {
  await empty(items.collection.name);
  const made = Array.from({ length: CHANGED }, (_, sequence) => ({
    _id: contender.itemId(sequence),
    ...newItem(sequence)
  }));
  return await items.insertMany(made);
}

function reading(
  contender: MongooseContender,
  read: () => Promise<ReadonlyArray<Pick<Item, 'sequence'>>>
): Large {
  return large(NOTHING, async () => {
    const found = await read();
    for (const place of [0, DOCUMENTS >> 1, DOCUMENTS - 1]) {
      const isThere = found.length === DOCUMENTS && found[place]?.sequence === place;
      check(contender, isThere, `found ${found.length} documents, or not in order`);
    }
  });
}

function large(prepare: Large['prepare'], operation: Large['operation']): Large {
  return { kind: 'large', prepare, operation };
}

function small(inFlight: number, prepare: Small['prepare'], operation: Small['operation']): Small {
  return { kind: 'small', inFlight, prepare, operation };
}

function check({ name }: MongooseContender, holds: boolean, what: string): void {
  if (!holds) throw new Error(`${name} ${what}`);
}
