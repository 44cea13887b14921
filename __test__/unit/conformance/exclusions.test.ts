/** What the runner deliberately leaves out, told by what a test uses. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { exclusionReason, needsSeveralNodes } from '../../../conformance/unified/exclusions.ts';
import type { UnifiedFile, UnifiedTest } from '../../../conformance/unified/format/file.ts';

function reasonOf(test: Partial<UnifiedTest>, file: Partial<UnifiedFile> = {}): string | undefined {
  const whole: UnifiedTest = { description: 'a test', operations: [], ...test };
  const rest = { description: 'a file', schemaVersion: '1.0', tests: [whole] };
  return exclusionReason({ ...rest, ...file }, whole);
}

describe('exclusionReason', () => {
  it('has none for an ordinary test', () => {
    assert.equal(reasonOf({ operations: [{ name: 'find', object: 'collection0' }] }), undefined);
  });

  it('finds entities of the file, and those that a test makes', () => {
    const client = { client: { id: 'client0', autoEncryptOpts: {} } };
    const made = {
      name: 'createEntities',
      object: 'testRunner',
      arguments: { entities: [client] }
    };
    assert.equal(reasonOf({}, { createEntities: [client] }), 'excluded: client-side encryption');
    assert.equal(reasonOf({ operations: [made] }), 'excluded: client-side encryption');
  });

  it('finds fields of expected log messages', () => {
    const message = { level: 'debug', component: 'command', data: { operationId: 1 } };
    const expectLogMessages = [{ client: 'client0', messages: [message] }];
    assert.match(reasonOf({ expectLogMessages })!, /operation ids/);
    assert.equal(reasonOf({ expectLogMessages: [{ client: 'client0', messages: [] }] }), undefined);
  });

  it('finds operations within operations', () => {
    const inner = { name: 'mapReduce', object: 'collection0' };
    const callback = { name: 'withTransaction', object: 's', arguments: { callback: [inner] } };
    assert.match(reasonOf({ operations: [callback] })!, /a method that/);
  });

  it('tells time limits of operations from those of the runner', () => {
    const given = { arguments: { timeoutMS: 5 } };
    assert.match(reasonOf({ operations: [{ name: 'find', object: 'c', ...given }] })!, /timeoutMS/);
    const waiting = { name: 'waitForPrimaryChange', object: 'testRunner', ...given };
    assert.equal(reasonOf({ operations: [waiting] }), undefined);
  });
});

describe('needsSeveralNodes', () => {
  function waitingFor(event: object, count: number): UnifiedTest {
    const given = { client: 'client0', event, count };
    const operation = { name: 'waitForEvent', object: 'testRunner', arguments: given };
    return { description: 'a test', operations: [operation] };
  }

  it('is so for what only several servers do', () => {
    assert(needsSeveralNodes(waitingFor({ topologyDescriptionChangedEvent: {} }, 4)));
    assert(!needsSeveralNodes(waitingFor({ topologyDescriptionChangedEvent: {} }, 2)));
    assert(!needsSeveralNodes(waitingFor({ poolClearedEvent: {} }, 4)));
    const stepDown = { command: { replSetStepDown: 60 } };
    const operation = { name: 'runCommand', object: 'database0', arguments: stepDown };
    assert(needsSeveralNodes({ description: 'a test', operations: [operation] }));
  });
});
