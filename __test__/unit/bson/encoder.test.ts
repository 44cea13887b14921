/** Documents as bytes: the same as js-bson's, and the user's code called as often. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { compareEncoding } from '../../../fuzz/encoding.ts';
import { fresh } from '../../../fuzz/modules.ts';
import { internal } from '../../support/internal.ts';

const require = createRequire(import.meta.url);
const bson = require('bson') as typeof import('bson');
const { serialize } = internal<typeof import('../../../lib/bson/serialize.ts')>('bson/serialize');
const { resolveBSONOptions } =
  internal<typeof import('../../../lib/bson/options.ts')>('bson/options');

const OPTIONS = resolveBSONOptions({}).serialize;

const ROOT = new URL('../../../', import.meta.url);

describe('encoding', () => {
  it('equals js-bson on generated documents', () => {
    assert.equal(compareEncoding(12_000, 4), undefined);
  });

  it('equals the copy of js-bson that Mongoose 8 has', () => {
    const mongoose = createRequire(require.resolve('mongoose8'));
    const classes = mongoose('bson') as typeof import('bson');
    assert.equal(compareEncoding(4_000, 5, classes), undefined);
  });

  it('equals js-bson where the process may not generate code', () => {
    const flags = [
      '--disallow-code-generation-from-strings',
      '--import',
      '@oxc-node/core/register'
    ];
    const fuzz = ['fuzz/run.ts', 'encode', '--documents', '4000', '--seed', '5'];
    execFileSync(process.execPath, [...flags, ...fuzz], { cwd: ROOT });
  });

  it('writes as before where `Function` has been replaced by what throws', () => {
    const { serialize: own } = fresh()('serialize');
    const real = globalThis.Function;
    globalThis.Function = function () {
      throw new TypeError('The constructor is disabled');
    } as unknown as FunctionConstructor;
    try {
      for (let i = 0; i < 60; i++) {
        const document = { noFunction: i, at: { all: 1 } };
        assert.deepEqual(Buffer.from(own(document, OPTIONS)), serialized(document));
      }
    } finally {
      globalThis.Function = real;
    }
  });

  it('writes a map by its own method `entries`, as js-bson does, and by no iterator of its own', () => {
    const one = new Map([['a', 1]]);
    one.entries = () => new Map([['b', 2]]).entries();
    const other = new Map([['a', 1]]);
    other[Symbol.iterator] = () => new Map([['b', 2]]).entries();
    for (const document of [{ one }, { other }]) {
      assert.deepEqual(Buffer.from(serialize(document, OPTIONS)), serialized(document));
    }
  });

  it('writes keys as names and never as code', () => {
    const key = '"]: (() => { throw new Error("run") })(), [`${1}`]: "\\u2028*/';
    for (let i = 0; i < 60; i++) {
      const document = { [key]: i, '\n}; throw new Error("run"); //': { [key]: 'text' } };
      assert.deepEqual(Buffer.from(serialize(document, OPTIONS)), serialized(document));
    }
  });

  it('leaves a document to js-bson that is deeper than the stack', () => {
    let document: object = {};
    for (let i = 0; i < 50_000; i++) document = { a: document };
    assert.deepEqual(Buffer.from(serialize(document, OPTIONS)), serialized(document));
  });

  it('refuses a document that js-bson has no memory for, as js-bson does', () => {
    const document = { a: 'x'.repeat(10 * 1024 * 1024), b: 'y'.repeat(10 * 1024 * 1024), c: 1 };
    assert.deepEqual(
      outcome(() => serialize(document, OPTIONS)),
      outcome(() => serialized(document))
    );
  });

  it('refuses values of another major version of bson', () => {
    const value = new bson.Long(1);
    Object.defineProperty(value, Symbol.for('@@mdb.bson.version'), { value: 5 });
    assert.throws(() => serialize({ value }, OPTIONS), bson.BSONVersionError);
  });

  it('asks a primitive for its toBSON once its class has one', () => {
    Object.defineProperty(String.prototype, 'toBSON', { value: () => 1, configurable: true });
    try {
      assert.deepEqual(Buffer.from(serialize({ a: 'text' }, OPTIONS)), serialized({ a: 1 }));
    } finally {
      Reflect.deleteProperty(String.prototype, 'toBSON');
    }
  });

  it('writes a document that another one asks for while it is written', () => {
    let inner: Uint8Array | undefined;
    const outer = {
      a: 1,
      b: {
        toBSON() {
          inner = serialize({ inner: true }, OPTIONS);
          return 2;
        }
      }
    };
    assert.deepEqual(Buffer.from(serialize(outer, OPTIONS)), serialized({ a: 1, b: 2 }));
    assert.deepEqual(Buffer.from(inner!), serialized({ inner: true }));
  });

  it('calls getters and toBSON once, be the value rare or too large for the memory', () => {
    let calls = 0;
    const document = {
      get text() {
        calls++;
        return 'x'.repeat(2_000_000);
      },
      rare: {
        toBSON() {
          calls++;
          return new bson.Code('f', { a: /b/ });
        }
      }
    };
    serialize(document, OPTIONS);
    assert.equal(calls, 2);
  });

  it('is itself again after an error', () => {
    const circle: { self?: object } = {};
    circle.self = circle;
    assert.throws(() => serialize({ circle }, OPTIONS), bson.BSONError);
    assert.deepEqual(Buffer.from(serialize({ circle: 1 }, OPTIONS)), serialized({ circle: 1 }));
  });

  it('keeps documents apart that share memory', () => {
    const documents = Array.from({ length: 300 }, (_, i) => ({ i, text: 'x'.repeat(i * 40) }));
    const written = documents.map(document => serialize(document, OPTIONS));
    documents.forEach((document, i) => {
      assert.deepEqual(Buffer.from(written[i]!), serialized(document));
    });
  });
});

function serialized(document: object): Buffer {
  return Buffer.from(bson.serialize(document, { ignoreUndefined: false }));
}

function outcome(run: () => Uint8Array): unknown {
  try {
    return Buffer.from(run()).length;
  } catch (error) {
    return [(error as Error).name, (error as Error).message];
  }
}
