// Owns the documents every contender reads and writes: about 0.5 KB, the same in every run.
// Must not know who reads them.

import { ObjectId } from 'mongodb';

/** A document as applications keep them: every common type, an array and a nested document. */
export interface Item {
  _id: ObjectId;
  /** Its place in the collection, from 0: what a result is checked by. */
  sequence: number;
  name: string;
  email: string;
  active: boolean;
  score: number;
  quantity: number;
  createdAt: Date;
  updatedAt: Date;
  tags: string[];
  address: { street: string; city: string; country: string; postcode: string; floor: number };
  note: string;
}

export type NewItem = Omit<Item, '_id'>;

/** How many documents the collection that is read holds, and how many an insert writes. */
export const DOCUMENTS = 10_000;

const CITIES = ['Lisbon', 'Nairobi', 'Osaka', 'Quito', 'Tromsø', 'Wellington'];
const COUNTRIES = ['PT', 'KE', 'JP', 'EC', 'NO', 'NZ'];
const TAGS = ['new', 'priority', 'export', 'fragile', 'returned', 'wholesale', 'sample'];
/** Fills a document up to about 512 bytes of BSON. */
const NOTE =
  'Left at the side door after the second attempt to deliver it; the customer asked for a call before nine, an invoice by post, and a smaller box next time, please.';

const FIRST_DAY = Date.UTC(2024, 0, 1);
const MINUTE = 60_000;

/** The document at `sequence`, without an `_id`, so that whoever inserts it makes one. */
export function newItem(sequence: number): NewItem {
  const place = sequence % CITIES.length;
  const created = FIRST_DAY + sequence * MINUTE;
  return {
    sequence,
    name: `Customer ${sequence}`,
    email: `customer.${sequence}@example.com`,
    active: sequence % 3 !== 0,
    score: ((sequence * 7919) % 1_000) / 7,
    quantity: (sequence * 31) % 500,
    createdAt: new Date(created),
    updatedAt: new Date(created + (sequence % 97) * MINUTE),
    tags: [0, 2, 5].map(offset => TAGS[(sequence + offset) % TAGS.length]!),
    address: {
      street: `${(sequence % 200) + 1} Harbour Street`,
      city: CITIES[place]!,
      country: COUNTRIES[place]!,
      postcode: String(10_000 + (sequence % 90_000)),
      floor: sequence % 12
    },
    note: NOTE
  };
}

/** The document at `sequence` under the `_id` that `itemId` gives it. */
export function item(sequence: number): Item {
  return { _id: itemId(sequence), ...newItem(sequence) };
}

export function itemId(sequence: number): ObjectId {
  return new ObjectId(sequence.toString(16).padStart(24, '0'));
}
