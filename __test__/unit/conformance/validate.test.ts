/** Which files are in the unified test format. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ShapeError } from '../../../conformance/unified/format/shape.ts';
import { isSupported, validateUnifiedFile } from '../../../conformance/unified/format/validate.ts';

const TEST = { description: 'a test', operations: [] };
const FILE = { description: 'a file', schemaVersion: '1.0', tests: [TEST] };

function refuses(change: object, message: RegExp): void {
  const refused = (error: unknown): boolean => {
    assert(error instanceof ShapeError);
    assert.match(error.message, message);
    return true;
  };
  assert.throws(() => validateUnifiedFile({ ...FILE, ...change }), refused);
}

/** A file of one test with one operation. */
function withOperation(operation: object): object {
  return { tests: [{ ...TEST, operations: [{ name: 'find', object: 'c', ...operation }] }] };
}

describe('validateUnifiedFile', () => {
  it('takes the least that a file can be', () => {
    assert.equal(validateUnifiedFile(FILE).tests.length, 1);
  });

  it('says what is missing', () => {
    refuses({ tests: undefined }, /file\.tests must be a list/);
    refuses({ tests: [] }, /file\.tests must have 1 item or more/);
    refuses({ tests: [{ description: 'x' }] }, /file\.tests\[0\] lacks operations/);
  });

  it('refuses keys that it does not know, since they would go unchecked', () => {
    refuses({ expectSomething: 1 }, /file has the unknown key expectSomething/);
    refuses(withOperation({ expectWarning: 1 }), /unknown key expectWarning/);
    refuses(withOperation({ expectError: { isWarning: true } }), /unknown key isWarning/);
  });

  it('refuses an operation that is expected to fail and to have a result', () => {
    const both = withOperation({ expectError: { isError: true }, expectResult: 1 });
    refuses(both, /has both expectError and expectResult/);
  });

  it('wants one key in an entity', () => {
    const entities = [{ thread: { id: 'a' }, session: { id: 'b', client: 'c' } }];
    refuses({ createEntities: entities }, /must have one key, not 2/);
    refuses({ createEntities: [{ stream: { id: 'a' } }] }, /unknown key stream/);
  });

  it('wants events of the type that is given', () => {
    const events = [{ poolReadyEvent: {} }];
    const expectEvents = [{ client: 'c', events }];
    refuses({ tests: [{ ...TEST, expectEvents }] }, /unknown key poolReadyEvent/);
    const cmap = [{ client: 'c', eventType: 'cmap', events }];
    validateUnifiedFile({ ...FILE, tests: [{ ...TEST, expectEvents: cmap }] });
  });

  it('knows the versions of one major version', () => {
    assert(isSupported('1.0') && isSupported('1.28.3') && isSupported('1.99'));
    assert(!isSupported('0.1') && !isSupported('2.0'));
  });
});
