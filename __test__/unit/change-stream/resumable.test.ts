/** Which errors a change stream survives: the specification's list, and the driver's judgement. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import {
  MongoAPIError,
  MongoNetworkError,
  MongoNetworkTimeoutError,
  MongoServerError,
  MongoServerSelectionError,
  type TopologyDescription
} from 'mongodb';
import { internal } from '../../support/internal.ts';

const { isResumable } = internal<typeof import('../../../lib/resumable.ts')>('resumable');

/** What the driver says, which doesn't export it. */
const { isResumableError } = createRequire(import.meta.url)('mongodb/lib/error') as {
  isResumableError: (error: unknown, wireVersion?: number) => boolean;
};

const MONGODB_4_2 = 8;
const MONGODB_4_4 = 9;

function refusal(code: number, ...errorLabels: string[]): Error {
  return new MongoServerError({ code, errmsg: 'no', errorLabels });
}

const cleared = new MongoNetworkError('gone');
const errors: Record<string, unknown> = {
  'a network error': cleared,
  'a time-out': new MongoNetworkTimeoutError('late'),
  'a failed selection': new MongoServerSelectionError('none', {} as TopologyDescription),
  'a labelled refusal': refusal(280, 'ResumableChangeStreamError'),
  'a refusal with another label': refusal(280, 'NonResumableChangeStreamError'),
  'a cursor that is gone': refusal(43),
  'an API error': new MongoAPIError('no'),
  'an error of another kind': new TypeError('no'),
  nothing: undefined
};

describe('A change stream', () => {
  for (const wireVersion of [MONGODB_4_2, MONGODB_4_4, 21]) {
    for (const [name, error] of Object.entries(errors)) {
      it(`judges ${name} as the driver does on wire version ${wireVersion}`, () => {
        assert.equal(
          isResumable(error, wireVersion),
          isResumableError(error as Error, wireVersion)
        );
      });
    }

    it(`judges every code as the driver does on wire version ${wireVersion}`, () => {
      const survived = (judge: typeof isResumable): number[] =>
        Array.from({ length: 20_000 }, (_, code) => code).filter(code =>
          judge(refusal(code), wireVersion)
        );
      assert.deepEqual(survived(isResumable), survived(isResumableError));
    });
  }

  it('goes by labels as long as it does not know the server', () => {
    assert.deepEqual(
      [refusal(189), refusal(280, 'ResumableChangeStreamError'), cleared].map(error =>
        isResumable(error)
      ),
      [false, true, true]
    );
  });
});
