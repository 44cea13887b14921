/** Which shapes get decoders where there are more shapes than decoders, and where none can be generated. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { afterEach, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Document } from 'bson';
import { internal } from '../../support/internal.ts';

const require = createRequire(import.meta.url);
const bson = require('bson') as typeof import('bson');
const { Interpreter } = internal<typeof import('../../../lib/bson/interpret.ts')>('bson/interpret');
const { Shapes } = internal<typeof import('../../../lib/bson/shapes.ts')>('bson/shapes');
const { shapeOf } = internal<typeof import('../../../lib/bson/shape.ts')>('bson/shape');
const { Source } = internal<typeof import('../../../lib/bson/source.ts')>('bson/source');

/** Why a test that looks at memory cannot. */
const NO_GC = globalThis.gc === undefined && 'needs --expose-gc';
/** Decoders of a process, at most. */
const DECODERS = 512;

const bytesOf = (document: Document) => Buffer.from(bson.serialize(document));

/** Shapes by themselves, and the documents that come. */
function met() {
  const shapes = new Shapes(new Interpreter(bson.BSON, 'numbers'));
  const site = shapes.site();
  const source = new Source();
  /** Whether a document is read by a decoder; it is counted if not. */
  const isKnown = (bytes: Buffer): boolean => {
    source.open(bytes, bytes.length, true);
    source.end = bytes.length;
    const read = site.decoder(source, 0) ?? shapes.read(source, 0, site);
    if (read === undefined) shapes.note(shapeOf(source, 0), source, 0);
    return read !== undefined;
  };
  /** How many of so many equal documents are read by a decoder. */
  const many = (document: Document, times: number): number => {
    const bytes = bytesOf(document);
    let known = 0;
    for (let i = 0; i < times; i++) if (isKnown(bytes)) known++;
    return known;
  };
  return { isKnown, many };
}

const real = globalThis.Function;
/** Has generated code come out of `generate` instead. */
function replaceFunction(generate: (...args: string[]) => unknown): void {
  globalThis.Function = generate as unknown as FunctionConstructor;
}
afterEach(() => {
  globalThis.Function = real;
});

describe('the decoders of a process', () => {
  it('come to a collection although another, of ever other shapes, has taken them all', () => {
    const { isKnown, many } = met();
    for (let i = 0; i < DECODERS + 100; i++) many({ [`taken${i}`]: i }, 20);
    const varied = Array.from({ length: 3_000 }, (_, i) => bytesOf({ [`varied${i}`]: i }));
    const rare = bytesOf({ name: 'one in ten', of: 'the same keys' });
    let known = 0;
    for (let i = 0; i < 100_000; i++) {
      if (i % 10 !== 0) isKnown(varied[i % varied.length]!);
      else if (isKnown(rare)) known++;
    }
    assert.ok(known > 4_000, `${known} of 10000 were read by a decoder`);
  });

  it('stay with the shapes that are met now and then', () => {
    const { many } = met();
    let least = Infinity;
    for (let i = 0; i < 2 * DECODERS; i++) {
      const known = many({ name: 'now and then', n: 1 }, 100);
      if (i > 0) least = Math.min(least, known);
      // Enough of others that one of them makes another give up its place.
      for (let n = 0; n < 30; n++) many({ [`other${i}`]: 1, [`more${n}`]: 1 }, 40);
    }
    assert.ok(least > 60, `once only ${least} of 100`);
  });

  it('are so many and no more, whatever comes', { skip: NO_GC }, async () => {
    const generated: WeakRef<object>[] = [];
    replaceFunction(function (...args) {
      const generate = real(...args) as (...given: unknown[]) => { decoder: object };
      return (...given: unknown[]) => {
        const result = generate(...given);
        generated.push(new WeakRef(result.decoder));
        return result;
      };
    });
    const { many } = met();
    for (let i = 0; i < 2 * DECODERS; i++) {
      // Objects in objects, whose places in decoders keep other decoders.
      for (let n = 0; n < 30; n++) many({ [`a${i}`]: { [`b${i % 9}`]: {} }, [`c${n}`]: 1 }, 40);
    }
    await setImmediate();
    globalThis.gc!();
    const alive = generated.filter(one => one.deref() !== undefined).length;
    assert.ok(generated.length > DECODERS + 100, `only ${generated.length} were generated`);
    assert.ok(alive <= DECODERS, `${alive} are alive`);
  });

  it('are done without where code cannot be generated, whatever is thrown', () => {
    let calls = 0;
    replaceFunction(function () {
      calls++;
      throw new TypeError('The constructor is disabled');
    });
    assert.equal(met().many({ a: 1 }, 200), 0);
    assert.equal(calls, 1);
  });
});
