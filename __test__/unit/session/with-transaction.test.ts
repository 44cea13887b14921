/** `withTransaction`: what is tried again, how often, and after which pauses. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { type MongoError, MongoNetworkError, MongoServerError } from 'mongodb';
import type { ClientSession } from '../../../lib/session.ts';
import { internal } from '../../support/internal.ts';
import { document, failure, Home, refusal } from './home.ts';

const { executeCommand } =
  internal<typeof import('../../../lib/operations/execute.ts')>('operations/execute');
const { runCommandOperation } =
  internal<typeof import('../../../lib/operations/run-command.ts')>('operations/run-command');
const { pauseMS } = internal<typeof import('../../../lib/with-transaction.ts')>('with-transaction');

const TRANSIENT = 'TransientTransactionError';
const UNKNOWN = 'UnknownTransactionCommitResult';

function labelled(...labels: string[]): MongoError {
  return new MongoServerError({ errmsg: 'labelled', errorLabels: labels });
}

/** One operation in the session. */
async function ping(home: Home, session: unknown): Promise<void> {
  const options = { session: session as never };
  await executeCommand(home, runCommandOperation('d', { ping: 1 }, options));
}

function verbs(home: Home): string[] {
  return home.requests.map(({ command }) => Object.keys(command)[0]!);
}

/** Milliseconds of the clock, while it stands. */
let now = 0;

describe('withTransaction', () => {
  let home: Home;
  let session: ClientSession;
  beforeEach(() => {
    home = new Home();
    session = home.session();
    // The shortest pauses, so that no test waits.
    mock.method(Math, 'random', () => 0);
    now = 1_000;
    mock.method(performance, 'now', () => now);
  });
  afterEach(() => mock.restoreAll());

  it('commits and gives what the function gave', async () => {
    const given: unknown[] = [];
    const result = await session.withTransaction(async one => {
      given.push(one);
      await ping(home, one);
      return 'done';
    });
    assert.deepEqual([result, given], ['done', [session]]);
    assert.deepEqual(verbs(home), ['ping', 'commitTransaction']);
  });

  it('runs the function again after errors that pass, those that users throw among them', async () => {
    const failures = [labelled(TRANSIENT), labelled(TRANSIENT, 'Other')];
    let runs = 0;
    await session.withTransaction(async one => {
      runs += 1;
      await ping(home, one);
      const failure = failures.shift();
      if (failure) throw failure;
    });
    assert.equal(runs, 3);
    assert.deepEqual(verbs(home), [
      ...['ping', 'abortTransaction', 'ping', 'abortTransaction'],
      ...['ping', 'commitTransaction']
    ]);
  });

  it('knows the errors of another copy of the driver by what they can do', async () => {
    const foreign = Object.assign(new Error('foreign'), {
      hasErrorLabel: (label: string) => label === TRANSIENT
    });
    let runs = 0;
    await session.withTransaction(async () => {
      runs += 1;
      if (runs === 1) throw foreign;
    });
    assert.equal(runs, 2);
  });

  for (const error of [
    new Error('mine'),
    labelled('Other'),
    labelled(UNKNOWN),
    'no error' as never
  ]) {
    it(`aborts and throws what does not pass: ${String(error)}`, async () => {
      let runs = 0;
      const running = session.withTransaction(async one => {
        runs += 1;
        await ping(home, one);
        throw error;
      });
      await assert.rejects(running, thrown => thrown === error);
      assert.deepEqual([runs, verbs(home)], [1, ['ping', 'abortTransaction']]);
    });
  }

  it('refuses a function that gives no promise', async () => {
    await assert.rejects(session.withTransaction((() => 5) as never), {
      name: 'MongoInvalidArgumentError',
      message: 'Function provided to `withTransaction` must return a Promise'
    });
    assert.equal(session.transaction.state, 'TRANSACTION_ABORTED');
  });

  it('leaves a transaction alone that the function has ended', async () => {
    const aborted = await session.withTransaction(async one => {
      await ping(home, one);
      await one.abortTransaction();
      return 'aborted';
    });
    const committed = await session.withTransaction(async one => {
      await ping(home, one);
      await one.commitTransaction();
      return 'committed';
    });
    assert.deepEqual([aborted, committed], ['aborted', 'committed']);
    assert.deepEqual(verbs(home), ['ping', 'abortTransaction', 'ping', 'commitTransaction']);
  });

  it('commits again while the outcome is unknown', async () => {
    const lost = () => failure({ class: 'MongoNetworkError', labels: ['RetryableWriteError'] });
    const ok = document({ ok: 1 });
    home.replies.push(ok, lost(), lost(), lost(), lost());
    let runs = 0;
    await session.withTransaction(async one => {
      runs += 1;
      await ping(home, one);
    });
    assert.deepEqual(
      [runs, verbs(home)],
      [1, ['ping', ...Array<string>(5).fill('commitTransaction')]]
    );
  });

  it('does all of it again after a commit that met a conflict', async () => {
    home.replies.push(document({ ok: 1 }), refusal({ code: 112 }, [TRANSIENT]));
    let runs = 0;
    await session.withTransaction(async one => {
      runs += 1;
      await ping(home, one);
    });
    assert.deepEqual(
      [runs, verbs(home)],
      [2, ['ping', 'commitTransaction', 'ping', 'commitTransaction']]
    );
  });

  it('throws the error of a commit that took too long', async () => {
    home.replies.push(document({ ok: 1 }), refusal({ code: 50 }));
    await assert.rejects(
      session.withTransaction(one => ping(home, one)),
      { code: 50 }
    );
    assert.deepEqual(verbs(home), ['ping', 'commitTransaction']);
  });

  it('throws the last error when two minutes are over', async () => {
    let runs = 0;
    const running = session.withTransaction(async () => {
      runs += 1;
      now += 50_000;
      const error = new MongoNetworkError(`try ${runs}`);
      error.addErrorLabel(TRANSIENT);
      throw error;
    });
    await assert.rejects(running, { message: 'try 3' });
  });

  it('throws the error of a commit when two minutes are over', async () => {
    const late = () => {
      now += 70_000;
      return document({ ok: 1, writeConcernError: { code: 64, errmsg: 'slow' } });
    };
    home.replies.push(document({ ok: 1 }));
    const running = session.withTransaction(async one => {
      await ping(home, one);
      home.replies.push(late(), late());
    });
    await assert.rejects(running, { code: 64 });
  });
});

describe('The pause before another try', () => {
  it('grows by half to 500 ms, and is as much of that as chance will have it', () => {
    const longest = [1, 2, 3, 10, 12, 100].map(attempt => pauseMS(attempt, 1));
    assert.deepEqual(longest, [7.5, 11.25, 16.875, 288.325_195_312_5, 500, 500]);
    assert.deepEqual([pauseMS(1, 0), pauseMS(1, 0.5)], [0, 3.75]);
  });
});
