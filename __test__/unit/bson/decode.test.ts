/** Documents out of replies: what js-bson makes of them, by our own decoder. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { compareDecoding } from '../../../fuzz/decoding.ts';
import { difference } from '../../../fuzz/difference.ts';
import { internal } from '../../support/internal.ts';

const require = createRequire(import.meta.url);
const bson = require('bson') as typeof import('bson');
const { decodeBatch, decodeDocument } =
  internal<typeof import('../../../lib/bson/decode.ts')>('bson/decode');
const { resolveBSONOptions } =
  internal<typeof import('../../../lib/bson/options.ts')>('bson/options');
const { Interpreter } = internal<typeof import('../../../lib/bson/interpret.ts')>('bson/interpret');
const { Site } = internal<typeof import('../../../lib/bson/site.ts')>('bson/site');
const { Source } = internal<typeof import('../../../lib/bson/source.ts')>('bson/source');

/** The copy that Mongoose 8 has: bson 6. */
const mongooses = createRequire(require.resolve('mongoose8'))('bson') as typeof bson;
const COPIES = [
  { copy: "polypool's own copy of js-bson", of: bson },
  { copy: 'the copy of js-bson that Mongoose 8 has', of: mongooses }
];

/** What integers of 64 bits may become, and js-bson's options for it. */
const INTEGERS = [
  { integers: 'numbers', options: {} },
  { integers: 'longs', options: { promoteLongs: false } },
  { integers: 'bigints', options: { useBigInt64: true } }
] as const;

const DEFAULTS = resolveBSONOptions({});
/** The defaults, for documents of a copy's classes. */
const defaultsOf = (of: typeof bson) => resolveBSONOptions({}, undefined, of.BSON);
/** Why a test that looks at memory cannot. */
const NO_GC = globalThis.gc === undefined && 'needs --expose-gc';
const ROOT = new URL('../../../', import.meta.url);

/** A reply that is alone in its memory. */
function reply(bytes: Uint8Array) {
  const buffer = Buffer.from(bytes);
  return { kind: 1, buffer, start: 0, end: buffer.length, isAlone: true };
}

function batch(documents: readonly object[], of = bson) {
  const prefix = Buffer.alloc(8);
  prefix.writeUInt32LE(documents.length, 4);
  return reply(Buffer.concat([prefix, ...documents.map(document => of.serialize(document))]));
}

/** Every type that a copy of js-bson writes. */
function everyType(of = bson) {
  return {
    double: 1.5,
    string: 'Zürich',
    document: { a: { b: [1, { c: 'd' }, []] }, empty: {} },
    binary: new of.Binary(Buffer.from('abc'), 128),
    uuid: new of.UUID('5bf2a4b6-6d2b-4d23-a5ad-1e1bdd3e9c2a'),
    id: new of.ObjectId('64b7f0a1c2d3e4f5a6b7c8d9'),
    boolean: true,
    date: new Date(-1),
    null: null,
    regexp: /a+/im,
    code: new of.Code('f()'),
    scoped: new of.Code('g()', { a: 1 }),
    reference: new of.DBRef('c', new of.ObjectId('64b7f0a1c2d3e4f5a6b7c8d9'), 'db', { x: 1 }),
    int32: -5,
    timestamp: new of.Timestamp({ t: 7, i: 8 }),
    int64: of.Long.fromNumber(2 ** 40),
    large: of.Long.MAX_VALUE,
    decimal128: of.Decimal128.fromString('1.5E+10'),
    minKey: new of.MinKey(),
    maxKey: new of.MaxKey(),
    $clusterTime: 1,
    '10': 'numeric',
    '9': 'keys first'
  };
}

// The first few documents of a process are js-bson's.
decodeBatch(batch(Array.from({ length: 100 }, () => ({}))), DEFAULTS);

describe('decoding', () => {
  for (const { copy, of } of COPIES) {
    it(`equals ${copy} on generated and damaged documents`, () => {
      assert.equal(compareDecoding(of === bson ? 12_000 : 8_000, 4, of), undefined);
    });

    for (const { integers, options } of INTEGERS) {
      it(`leaves no type to ${copy}, be it in a shape that is known or not, with ${integers}`, () => {
        const bytes = Buffer.from(of.serialize(everyType(of)));
        const source = new Source();
        source.open(bytes, bytes.length, true);
        source.end = bytes.length;
        const expected = of.deserialize(bytes, options);
        const interpreter = new Interpreter(of.BSON, integers);
        for (let i = 0; i < 40; i++) {
          assert.equal(
            difference(interpreter.readDocument(source, 0, new Site()), expected),
            undefined
          );
        }
      });
    }
  }

  it('gives each pool the classes of its own copy of js-bson, one after the other', () => {
    for (let i = 0; i < 60; i++) {
      for (const { of } of COPIES) {
        const document = { _id: new of.ObjectId(), large: of.Long.MAX_VALUE, i };
        const [decoded] = decodeBatch(batch([document], of), defaultsOf(of)).documents;
        assert.equal(difference(decoded, document), undefined);
      }
    }
  });

  it('leaves documents to a copy of js-bson whose version it does not know', () => {
    const Another = class ObjectId extends bson.ObjectId {};
    Object.defineProperty(Another.prototype, Symbol.for('@@mdb.bson.version'), { value: 8 });
    let calls = 0;
    const library = {
      ...bson.BSON,
      ObjectId: Another,
      deserialize: () => ({ call: calls++ })
    } as typeof bson.BSON;
    const options = resolveBSONOptions({}, undefined, library);
    const { documents } = decodeBatch(batch(Array.from({ length: 100 }, () => ({}))), options);
    assert.deepEqual(documents[99], { call: 99 });
  });

  it('equals js-bson where the process may not generate code', () => {
    const flags = [
      '--disallow-code-generation-from-strings',
      '--import',
      '@oxc-node/core/register'
    ];
    const fuzz = ['fuzz/run.ts', 'decode', '--documents', '4000', '--seed', '5'];
    execFileSync(process.execPath, [...flags, ...fuzz], { cwd: ROOT });
  });

  it('reads a batch in which shapes alternate', () => {
    const documents = Array.from({ length: 300 }, (_, i) => ({
      _id: i,
      ...(i % 2 === 0 && { even: 'yes' }),
      ...(i % 3 === 0 && { third: [{ a: i }, { b: i }] }),
      last: i % 5 === 0 ? null : `text ${i}`
    }));
    assert.equal(
      difference(decodeBatch(batch(documents), DEFAULTS).documents, documents),
      undefined
    );
  });

  it('reads keys as names and never as code', () => {
    const key = '"]: (() => { throw new Error("run") })(), [`${1}`]: "\\\u2028*/';
    const documents = Array.from({ length: 60 }, (_, i) => ({ [key]: i }));
    assert.equal(
      difference(decodeBatch(batch(documents), DEFAULTS).documents, documents),
      undefined
    );
  });

  it('makes references of documents whose keys with a dollar are all a reference’s', () => {
    const id = new bson.ObjectId();
    const likes = [
      { $ref: 'c', $id: id },
      { $ref: 'c', $id: id, other: 1 },
      { $other: 1, $ref: 'c', $id: id },
      { $ref: 'c', $id: id, $other: 1 },
      { $ref: 'c', $id: null },
      { $ref: 'c', $id: id, $db: 1 },
      { $ref: 'c', $id: id, ['__proto__']: { a: 1 } },
      { $ref: 'c', $id: id, ['__proto__']: 1 }
    ];
    const all = [...likes, ...likes.map(like => new bson.Code('f()', like))];
    for (let i = 0; i < 40; i++) {
      for (const like of all) {
        const bytes = bson.serialize({ like });
        for (const { of } of COPIES) {
          const decoded = decodeDocument(reply(bytes), defaultsOf(of));
          assert.equal(difference(decoded, of.deserialize(bytes)), undefined);
        }
      }
    }
  });

  it('tells names apart that have the same hash', () => {
    const [one, other] = collision();
    for (let i = 0; i < 40; i++) {
      for (const key of [one, other]) {
        const decoded = decodeDocument(reply(bson.serialize({ [key]: i })), DEFAULTS);
        assert.deepEqual(decoded, { [key]: i });
      }
    }
  });

  it('gives documents that do not depend on the memory of the reply', () => {
    const expected = everyType();
    const message = batch([expected, expected]);
    const { documents } = decodeBatch(message, DEFAULTS);
    const before = bson.EJSON.stringify(documents);
    message.buffer.fill(0xff);
    assert.equal(bson.EJSON.stringify(documents), before);
  });
});

describe('a value that is kept', () => {
  /** A batch of 4 MB, and what `pick` takes out of its second document. */
  function kept(
    pick: (document: any) => unknown,
    of: typeof bson
  ): { value: unknown; buffer: WeakRef<Buffer> } {
    const documents = Array.from({ length: 2_000 }, (_, i) => ({
      id: new of.ObjectId(),
      binary: new of.Binary(Buffer.alloc(16, i)),
      decimal: of.Decimal128.fromString(`1E${i}`),
      text: `a text that is long enough ${i}`,
      list: Array.from({ length: 60 }, (_, j) => `and one of many others ${j}`)
    }));
    const message = batch(documents, of);
    const value = pick(decodeBatch(message, defaultsOf(of)).documents[1]);
    return { value, buffer: new WeakRef(message.buffer) };
  }

  const picks = ['id', 'binary', 'decimal', 'text'] as const;
  const each = COPIES.flatMap(({ copy, of }) => picks.map(name => ({ copy, of, name })));
  for (const { copy, of, name } of each) {
    it(`does not keep the batch: ${name} of ${copy}`, { skip: NO_GC }, async () => {
      kept(document => document[name], of);
      await collected();
      const before = process.memoryUsage();
      const { value, buffer } = kept(document => document[name], of);
      await collected();
      const after = process.memoryUsage();
      assert.equal(buffer.deref(), undefined);
      const growth = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
      assert.ok(growth < 1_000_000, `${growth} bytes more`);
      assert.ok(value);
    });
  }

  it('does not keep a large document: a string of it', { skip: NO_GC }, async () => {
    const list = Array.from({ length: 100_000 }, (_, i) => `a string that is one of many ${i}`);
    const bytes = bson.serialize({ list });
    const strings: string[] = [];
    await collected();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 5; i++) {
      strings.push((decodeDocument(reply(bytes), DEFAULTS)['list'] as string[])[50_000 + i]!);
    }
    await collected();
    const growth = process.memoryUsage().heapUsed - before;
    assert.ok(growth < 1_000_000, `${growth} bytes more`);
    assert.equal(strings[4], list[50_004]);
  });
});

/** Garbage has been collected, and the memory behind it freed. */
async function collected(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await new Promise(resolve => setImmediate(resolve));
    globalThis.gc?.();
  }
}

/** Two names that FNV-1a gives the same 32 bits. */
function collision(): [string, string] {
  const seen = new Map<number, string>();
  for (let i = 0; ; i++) {
    const name = `key${i.toString(36)}`;
    let hash = 0x811c9dc5 | 0;
    for (const byte of Buffer.from(name)) hash = Math.imul(hash ^ byte, 0x01000193);
    const other = seen.get(hash);
    if (other !== undefined) return [other, name];
    seen.set(hash, name);
  }
}
