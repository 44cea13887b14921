// Owns the shape that files in the unified test format must have, as its JSON schema says it. A key
// that is not known here is refused, so that no expectation goes unchecked. Runs nothing.

import { compareVersions, parseVersion } from '../../version.ts';
import type { UnifiedFile } from './file.ts';
import { entity } from './entity-shapes.ts';
import { expectedEvents } from './event-shapes.ts';
import { logMessage } from './log-shapes.ts';
import {
  anyObject,
  anything,
  either,
  excluding,
  flag,
  listOf,
  matching,
  oneOf,
  record,
  text,
  whole
} from './shape.ts';

/** The oldest version of the format; what came before it was another format. */
const OLDEST = '1.0';
/** Later major versions are other formats. */
const TOO_NEW = '2.0';

const version = matching(/^\d+(\.\d+){1,2}$/);

const requirement = record(
  {
    optional: {
      maxServerVersion: version,
      minServerVersion: version,
      topologies: listOf(
        oneOf('single', 'replicaset', 'sharded', 'sharded-replicaset', 'load-balanced'),
        { min: 1 }
      ),
      serverless: oneOf('require', 'forbid', 'allow'),
      serverParameters: anyObject,
      auth: flag,
      authMechanism: text,
      csfle: either(flag, record({ required: { minLibmongocryptVersion: version } }))
    }
  },
  { min: 1 }
);

const collectionData = record({
  required: { collectionName: text, databaseName: text, documents: listOf(anyObject) },
  optional: { createOptions: anyObject }
});

const expectedError = record(
  {
    optional: {
      isError: oneOf(true),
      isClientError: flag,
      isTimeoutError: flag,
      errorContains: text,
      errorCode: whole,
      errorCodeName: text,
      errorLabelsContain: listOf(text, { min: 1 }),
      errorLabelsOmit: listOf(text, { min: 1 }),
      writeErrors: anyObject,
      writeConcernErrors: listOf(anyObject),
      errorResponse: anyObject,
      expectResult: anything
    }
  },
  { min: 1 }
);

const operation = excluding(
  record({
    required: { name: text, object: text },
    optional: {
      arguments: anyObject,
      ignoreResultAndError: flag,
      expectError: expectedError,
      expectResult: anything,
      saveResultAsEntity: text
    }
  }),
  ['expectError', 'expectResult'],
  ['expectError', 'saveResultAsEntity'],
  ['ignoreResultAndError', 'expectResult'],
  ['ignoreResultAndError', 'expectError'],
  ['ignoreResultAndError', 'saveResultAsEntity']
);

const test = record({
  required: { description: text, operations: listOf(operation) },
  optional: {
    runOnRequirements: listOf(requirement, { min: 1 }),
    skipReason: text,
    expectEvents: listOf(expectedEvents, { min: 1 }),
    expectLogMessages: listOf(
      record({
        required: { client: text, messages: listOf(logMessage) },
        optional: { ignoreExtraMessages: flag, ignoreMessages: listOf(logMessage) }
      }),
      { min: 1 }
    ),
    expectTracingMessages: listOf(anyObject, { min: 1 }),
    outcome: listOf(collectionData, { min: 1 })
  }
});

const file = record({
  required: { description: text, schemaVersion: version, tests: listOf(test, { min: 1 }) },
  optional: {
    runOnRequirements: listOf(requirement, { min: 1 }),
    createEntities: listOf(entity, { min: 1 }),
    initialData: listOf(collectionData, { min: 1 }),
    _yamlAnchors: anyObject
  }
});

/** The same value, known to be a file of the format. @throws ShapeError naming what is wrong */
export function validateUnifiedFile(value: unknown): UnifiedFile {
  file(value, 'file');
  return value as UnifiedFile;
}

/** Whether this runner knows the version of the format. */
export function isSupported(schemaVersion: string): boolean {
  const parsed = parseVersion(schemaVersion);
  return (
    compareVersions(parsed, parseVersion(OLDEST)) >= 0 &&
    compareVersions(parsed, parseVersion(TOO_NEW)) < 0
  );
}
