/** JSON in one piece, of which half is none, and in pieces: when batches are asked for and given up. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { internal } from '../../support/internal.ts';

const { JSONStream, readJSON } =
  internal<typeof import('../../../lib/cursor/json.ts')>('cursor/json');
const { form } = internal<typeof import('../../../lib/bridge/request.ts')>('bridge/request');
const { kind, Reply } =
  internal<typeof import('../../../lib/bridge/completion.ts')>('bridge/completion');
const { KeptBatch } =
  internal<typeof import('../../../lib/bridge/kept-batch.ts')>('bridge/kept-batch');
const { KeptText } = internal<typeof import('../../../lib/bson/kept-text.ts')>('bson/kept-text');

type Batches = Parameters<typeof readJSON>[0];
type Request = Parameters<typeof readJSON>[1];

/** A cursor whose one batch is `[1]`; `then` is told when that has been fetched. */
function batchesOf(then: (batches: Record<string, unknown>) => void): Batches {
  const batches = {
    killed: false,
    empty: false,
    interrupted: false,
    buffer: { length: 0 },
    fetchText: async () => {
      then(batches);
      return Buffer.from('[1]');
    }
  };
  return batches as unknown as Batches;
}

describe('readJSON', () => {
  it('fails when the cursor is closed between two batches', async () => {
    const batches = batchesOf(of => {
      const close = () => Object.assign(of, { empty: true, interrupted: true });
      // Behind the reader, who looks when this has ended.
      queueMicrotask(() => queueMicrotask(close));
    });
    await assert.rejects(readJSON(batches, {} as Request), { name: 'MongoCursorExhaustedError' });
  });

  it('gives what there was when the cursor has ended', async () => {
    const batches = batchesOf(of => (of['empty'] = true));
    assert.equal((await readJSON(batches, {} as Request)).toString(), '[1]');
  });
});

const MEGABYTE = 1024 * 1024;

/** A piece: its text, and how much is left behind it. */
type Piece = [text: string, left: number];

/**
 * A stream over a cursor's batches, each small, large (its pieces) or a failure, and what was asked for: `batch`,
 * the text of a piece, `drop` or `close`.
 */
function streamOf(batches: Array<string | Piece[] | Error>) {
  const asked: string[] = [];
  const large = (pieces: Piece[]) => {
    const text = async () => {
      const [text, left] = pieces.shift()!;
      asked.push(text);
      const bytes = Buffer.concat([Buffer.alloc(4), Buffer.from(text)]);
      bytes.writeUInt32LE(left);
      return new Reply(kind.DOCUMENT, bytes, 0, bytes.length);
    };
    const calls = { read: () => assert.fail(), text, drop: () => asked.push('drop') };
    // As much as if a megabyte came with the first piece, or nothing if that is the last.
    const size = pieces[0]![1] > 0 ? pieces[0]![1] + MEGABYTE : 1;
    return new KeptText(new KeptBatch(calls, 1), size);
  };
  const source = {
    killed: false,
    interrupted: false,
    buffer: { length: 0 },
    get ended() {
      return batches.length === 0;
    },
    get empty() {
      return batches.length === 0;
    },
    fetchText: async () => {
      asked.push('batch');
      const batch = batches.shift()!;
      if (batch instanceof Error) throw batch;
      return typeof batch === 'string' ? Buffer.from(batch) : large(batch);
    }
  };
  const close = async (): Promise<void> => void asked.push('close');
  const on = { batches: source as unknown as Batches, close };
  return { stream: new JSONStream(on, { dialect: form.PLAIN, whole: false }), source, asked };
}

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return String(Buffer.concat(chunks));
}

describe('A JSON stream', () => {
  it('puts small batches and the pieces of large ones together', async () => {
    const { stream } = streamOf([
      '1,2',
      [
        ['3', 5],
        [',4', 0]
      ],
      [['5', 0]],
      '6'
    ]);
    assert.equal(await textOf(stream), '[1,2,3,4,5,6]');
  });

  it('asks for the next batch when little of a large one is left, and once', async () => {
    const { stream, asked } = streamOf([
      [
        ['1', 2 * MEGABYTE],
        [',2', MEGABYTE],
        [',3', 5],
        [',4', 0]
      ],
      '5'
    ]);
    assert.equal(await textOf(stream), '[1,2,3,4,5]');
    assert.deepEqual(asked, ['batch', '1', ',2', 'batch', ',3', ',4', 'close']);
  });

  it('has the next batch fetched while a small one becomes text', async () => {
    const { stream, asked } = streamOf([[['1', 0]], [['2', 0]], '3']);
    assert.equal(await textOf(stream), '[1,2,3]');
    assert.deepEqual(asked, ['batch', 'batch', '1', 'batch', '2', 'close']);
  });

  it('tells of a failure of the next batch behind what came before it', async () => {
    const failure = new Error('no more');
    const { stream } = streamOf([
      [
        ['1', 5],
        [',2', 0]
      ],
      failure
    ]);
    const chunks: string[] = [];
    stream.on('data', chunk => chunks.push(String(chunk)));
    const [told] = (await once(stream, 'error')) as [Error];
    assert.equal(told, failure);
    assert.equal(chunks.join(''), '[1,2');
  });

  it('does not end like an array when its cursor is closed between two batches', async () => {
    const { stream, source } = streamOf(['1']);
    stream.on('data', () => (source.interrupted = true));
    await assert.rejects(finished(stream), { name: 'MongoCursorExhaustedError' });
  });

  it('gives up what is left of a batch, and the next one, when it is destroyed', async () => {
    // More than it reads ahead of its reader, which is one piece.
    const [first, second] = ['1'.padEnd(MEGABYTE), ',2'.padEnd(MEGABYTE)];
    const { stream, asked } = streamOf([
      [
        [first, 9],
        [second, 5],
        [',3', 0]
      ],
      [['4', 0]]
    ]);
    for await (const chunk of stream) if ((chunk as Buffer).length > 1) break;
    await setImmediate();
    const what = asked.map(one => one.trim());
    assert.deepEqual(what.filter(one => one !== 'close').sort(), [
      ',2',
      '1',
      'batch',
      'batch',
      'drop',
      'drop'
    ]);
    assert.ok(what.includes('close'));
  });
});
