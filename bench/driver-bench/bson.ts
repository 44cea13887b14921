// Owns the BSON tasks of MongoDB's driver benchmark. No server takes part.
// Must not know the codecs that run them.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BSON } from 'mongodb';
import type { Document } from 'mongodb';
import type { Setting } from '../suite';
import { JS_BSON, polypoolCodec } from './codecs';
import type { Codec } from './codecs';
import type { BSON_TASKS } from './composites';
import type { Task } from './task';

/** The data sets, with the bytes of a document that the specification counts. */
const DATA_SETS = [
  { title: 'Flat', file: 'flat_bson.json', bytes: 7_531 },
  { title: 'Deep', file: 'deep_bson.json', bytes: 1_964 },
  { title: 'Full', file: 'full_bson.json', bytes: 5_734 }
] as const;

/** Documents an iteration writes or reads: the specification's, and enough to be told from nothing. */
const SCALE = { full: 10_000, short: 1_000 };

export function bsonTasks({ data, full }: Setting): Task[] {
  const codecs = [polypoolCodec(), JS_BSON];
  const scale = full ? SCALE.full : SCALE.short;
  return DATA_SETS.flatMap(({ title, file, bytes }) => {
    const task = (
      verb: 'Encoding' | 'Decoding',
      runOf: (codec: Codec, document: Document) => () => void
    ): Task => {
      const work = new Map<Codec, () => void>();
      const name: (typeof BSON_TASKS)[number] = `${title} BSON ${verb}`;
      return {
        name,
        bytes: bytes * scale,
        setUp: async () => {
          const path = join(await data.folder('extended_bson'), file);
          // Not relaxed: every value keeps the type that the data set gives it.
          const document = BSON.EJSON.parse(await readFile(path, 'utf8'), {
            relaxed: false
          }) as Document;
          for (const codec of codecs) work.set(codec, runOf(codec, document));
        },
        runs: codecs.map(codec => ({
          contender: codec.name,
          run: () => {
            const once = work.get(codec)!;
            for (let made = 0; made < scale; made++) once();
          }
        }))
      };
    };
    return [
      task('Encoding', (codec, document) => () => codec.encode(document)),
      task('Decoding', (codec, document) => codec.decoder(JS_BSON.encode(document)))
    ];
  });
}
