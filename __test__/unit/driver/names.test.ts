/** The driver's names are all there, are the driver's own, and cost nothing until they are used. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import * as mongodb from 'mongodb';
import * as polypool from 'polypool';
import { internal } from '../../support/internal.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const { standIn } = internal<typeof import('../../../lib/driver/stand-in.ts')>('driver/stand-in');
const required = internal<Record<string, unknown>>('index');

/** What a fresh process prints; `mongodb` in it counts the driver's files that have been loaded. */
async function printed(code: string, type: 'commonjs' | 'module'): Promise<string> {
  const load =
    type === 'module'
      ? "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);"
      : '';
  const count =
    'const mongodb = () => Object.keys(require.cache).filter(path => /mongodb.lib/.test(path)).length;';
  const args = ['--input-type', type, '-e', `${load}\n${count}\n${code}`];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });
  return stdout.trim();
}

describe('Loading polypool', () => {
  it('loads none of the driver, by require', async () => {
    assert.equal(await printed("require('polypool'); console.log(mongodb());", 'commonjs'), '0');
  });

  it('loads none of the driver, by import', async () => {
    const code = "const { ReadPreference } = await import('polypool'); console.log(mongodb());";
    assert.equal(await printed(code, 'module'), '0');
  });

  it('loads a class of the driver when it is used', async () => {
    const code = `
      const { MongoServerError } = await import('polypool');
      const before = mongodb();
      const is = new TypeError('x') instanceof MongoServerError;
      console.log(before, is, mongodb() > 0);`;
    assert.equal(await printed(code, 'module'), '0 false true');
  });
});

describe("The driver's names", () => {
  it('are the very same classes by require', () => {
    assert.equal(required['MongoServerError'], mongodb.MongoServerError);
    assert.equal(required['ReadPreference'], mongodb.ReadPreference);
    assert.equal(required['ObjectId'], mongodb.ObjectId);
  });

  it('are the same in both kinds of modules', () => {
    const imported = Object.keys(polypool).filter(name => name !== 'default');
    assert.deepEqual(imported.sort(), Object.keys(required).sort());
  });

  it('say that there is no client-side encryption', () => {
    const Encryption = polypool.ClientEncryption as unknown as new () => object;
    assert.throws(() => new Encryption(), mongodb.MongoCompatibilityError);
  });
});

class Base {
  static readonly of: string = 'base';
  static named(): string {
    return this.name;
  }
  value: number;
  constructor(value: number) {
    this.value = value;
  }
  double(): number {
    return this.value * 2;
  }
}
class Derived extends Base {
  static override readonly of: string = 'derived';
}

describe('A stand-in', () => {
  let loads = 0;
  const Stand = standIn(() => {
    loads += 1;
    return Derived;
  }) as typeof Derived;

  it('loads nothing by being made', () => {
    assert.equal(loads, 0);
  });

  it('makes instances of the class', () => {
    const made = new Stand(2);
    assert.equal(made.double(), 4);
    assert.equal(made.constructor, Derived);
    assert.equal(Object.getPrototypeOf(made), Derived.prototype);
  });

  it('knows the instances of the class, and no others', () => {
    assert.ok(new Derived(1) instanceof Stand);
    assert.ok(!(new Base(1) instanceof Stand));
    assert.ok(!((undefined as unknown) instanceof Stand));
  });

  it('can be derived from', () => {
    class Mine extends Stand {
      override double(): number {
        return super.double() + 1;
      }
    }
    const mine = new Mine(3);
    assert.equal(mine.double(), 7);
    assert.ok(mine instanceof Mine && mine instanceof Stand && mine instanceof Derived);
    assert.equal(Mine.of, 'derived');
  });

  it('has the static members, the names and the ancestors of the class', () => {
    assert.equal(Stand.of, 'derived');
    assert.equal(Stand.named(), 'Derived');
    assert.equal(Stand.prototype, Derived.prototype);
    assert.equal(Object.getPrototypeOf(Stand), Base);
    assert.deepEqual(Object.keys(Stand), Object.keys(Derived));
    assert.ok('of' in Stand && !('nothing' in Stand));
  });

  it('passes assignments on', () => {
    Object.assign(Stand, { mark: 1 });
    assert.equal((Derived as unknown as { mark: number }).mark, 1);
  });
});
