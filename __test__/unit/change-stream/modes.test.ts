/** The two ways to read a change stream, and what each does with listeners and their errors. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { batch, change, failure, streamOver } from './replies.ts';

const never = (): Promise<never> => new Promise(() => undefined);

/** Runs `use` and gives the first error that nobody caught meanwhile. */
async function uncaught(use: () => void): Promise<unknown> {
  const thrown = new Promise(resolve => process.setUncaughtExceptionCaptureCallback(resolve));
  try {
    use();
    return await thrown;
  } finally {
    process.setUncaughtExceptionCaptureCallback(null);
  }
}

describe('A change stream', () => {
  it('sends nothing until it is read', async () => {
    const { asked } = streamOver({});
    await turn();
    assert.deepEqual(asked, []);
  });

  it('is no emitter once it was read as an iterator', async () => {
    const { stream } = streamOver({}, batch([change(1)]));
    await stream.next();
    assert.throws(() => stream.on('change', () => undefined), {
      name: 'MongoAPIError',
      message: 'ChangeStream cannot be used as an EventEmitter after being used as an iterator'
    });
    assert.equal(stream.listenerCount('change'), 0);
  });

  it('is no iterator once it has had a listener', async () => {
    const { stream } = streamOver({}, never());
    stream.on('change', () => undefined);
    for (const read of [() => stream.next(), () => stream.hasNext(), () => stream.tryNext()]) {
      await assert.rejects(read(), {
        name: 'MongoAPIError',
        message: 'ChangeStream cannot be used as an iterator after being used as an EventEmitter'
      });
    }
  });

  it('takes listeners for other events in either mode', async () => {
    const { stream } = streamOver({}, batch([change(1)]));
    stream.on('resumeTokenChanged', () => undefined);
    stream.on('error', () => undefined);
    assert.deepEqual(await stream.next(), change(1));
  });

  it('is not a promise', async () => {
    const { stream } = streamOver({});
    assert.equal(await (stream as unknown), stream);
  });

  it('is closed by leaving a loop over it, and loops no more', async () => {
    const { stream, asked } = streamOver({}, batch([change(1), change(2)]));
    for await (const given of stream) {
      assert.deepEqual(given, change(1));
      break;
    }
    assert.deepEqual([asked, stream.closed], [[{}, 'kill'], true]);
    for await (const given of stream) assert.equal(given, undefined);
  });

  it('ends on the server once, however often it is closed', async () => {
    const { stream, asked } = streamOver({}, batch([change(1)]));
    let closed = 0;
    stream.on('close', () => (closed += 1));
    await stream.next();
    await Promise.all([stream.close(), stream.close()]);
    await stream.close();
    assert.deepEqual([asked, closed], [[{}, 'kill'], 1]);
  });

  it('is no stream of documents after its end', async () => {
    const { stream } = streamOver({});
    await stream.close();
    assert.throws(() => stream.stream(), {
      name: 'MongoChangeStreamError',
      message: 'ChangeStream is closed'
    });
  });
});

describe('As an emitter a change stream', () => {
  it('is read by one reader, however many listen', async () => {
    const { stream, asked } = streamOver({}, batch([change(1)]), never());
    const seen: unknown[] = [];
    stream.on('change', given => seen.push(['first', given]));
    stream.on('change', given => seen.push(['second', given]));
    await turn();
    assert.deepEqual(seen, [
      ['first', change(1)],
      ['second', change(1)]
    ]);
    assert.deepEqual(asked, [{}, 'more']);
  });

  it('goes on reading without listeners, loses what it reads and keeps no token of it', async () => {
    let more!: (reply: ReturnType<typeof batch>) => void;
    const second = new Promise<ReturnType<typeof batch>>(resolve => (more = resolve));
    const { stream, asked } = streamOver({}, batch([change(1)]), second, never());
    const seen: unknown[] = [];
    stream.once('change', given => seen.push(given));
    await turn();
    const { resumeToken } = stream;
    more(batch([change(2)]));
    await turn();
    stream.on('change', given => seen.push(given));
    await turn();
    assert.deepEqual([seen, asked.length], [[change(1)], 3]);
    assert.deepEqual(stream.resumeToken, resumeToken);
  });

  it('emits nothing after close', async () => {
    const { stream } = streamOver({}, batch([change(1), change(2)]));
    const seen: unknown[] = [];
    stream.on('change', given => {
      seen.push(given);
      void stream.close();
    });
    stream.on('error', error => seen.push(error));
    await turn();
    assert.deepEqual(seen, [change(1)]);
  });

  it('emits what ends it, and is closed', async () => {
    const { stream } = streamOver({}, failure('MongoServerError'));
    const errors: Error[] = [];
    stream.on('error', error => errors.push(error));
    stream.on('change', () => undefined);
    await turn();
    assert.deepEqual(
      errors.map(({ name }) => name),
      ['MongoServerError']
    );
    assert.equal(stream.closed, true);
  });

  it('emits what a listener throws, and goes on', async () => {
    const { stream } = streamOver({}, batch([change(1), change(2)]), never());
    const seen: unknown[] = [];
    stream.on('error', error => seen.push(error.message));
    stream.on('change', given => {
      seen.push(given);
      throw new Error('mine');
    });
    await turn();
    assert.deepEqual(seen, [change(1), 'mine', change(2), 'mine']);
    assert.equal(stream.closed, false);
  });

  it('leaves an error to the process when nobody listens', async () => {
    const { stream } = streamOver({}, failure('MongoServerError'));
    const error = await uncaught(() => stream.on('change', () => undefined));
    assert.equal((error as Error).name, 'MongoServerError');
  });
});
