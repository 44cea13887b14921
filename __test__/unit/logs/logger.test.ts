/** How loggers of users' are called, and what is kept from them. */
import assert from 'node:assert/strict';
import { PassThrough, type Writable } from 'node:stream';
import { describe, it } from 'node:test';
import { ObjectId } from 'bson';
import pino from 'pino';
import winston from 'winston';
import { internal } from '../../support/internal.ts';

const { checkLogger, tellerOf } =
  internal<typeof import('../../../lib/logs/logger.ts')>('logs/logger');
const { redactFields, redactText } =
  internal<typeof import('../../../lib/logs/redact.ts')>('logs/redact');

/** A stream, and the lines of JSON that were written to it. */
function lines(): { stream: Writable; read: () => Array<Record<string, unknown>> } {
  let text = '';
  const stream = new PassThrough();
  stream.on('data', chunk => (text += String(chunk)));
  const parse = (line: string): Record<string, unknown> =>
    JSON.parse(line) as Record<string, unknown>;
  return { stream, read: () => text.split('\n').filter(Boolean).map(parse) };
}

describe('A logger', () => {
  it('of pino gets the fields first', async () => {
    const { stream, read } = lines();
    tellerOf(checkLogger(pino({ level: 'trace' }, stream)))('trace', 'Ready', { n: 1 });
    await new Promise(resolve => setImmediate(resolve));
    const [{ level, msg, n }] = read() as [Record<string, unknown>];
    assert.deepEqual({ level, msg, n }, { level: 10, msg: 'Ready', n: 1 });
  });

  it('of winston gets the message first', async () => {
    const { stream, read } = lines();
    const transports = [new winston.transports.Stream({ stream })];
    tellerOf(checkLogger(winston.createLogger({ level: 'debug', transports })))('trace', 'Ready', {
      n: 1
    });
    await new Promise(resolve => setImmediate(resolve));
    assert.deepEqual(read(), [{ level: 'debug', message: 'Ready', n: 1 }]);
  });

  it('like the console gets the message first, and no stack', () => {
    const given: unknown[] = [];
    const note =
      (level: string) =>
      (...what: unknown[]): void =>
        void given.push([level, ...what]);
    const logger = { error: note('error'), info: note('info'), trace: note('trace') };
    const tell = tellerOf(checkLogger(logger));
    tell('info', 'a', { n: 1 });
    tell('debug', 'b', {});
    tell('trace', 'c', {});
    tell('warn', 'd', {});
    assert.deepEqual(given, [
      ['info', 'a', { n: 1 }],
      ['info', 'b', {}],
      ['info', 'c', {}],
      ['error', 'd', {}]
    ]);
  });

  it('that throws harms nothing', () => {
    const logger = {
      error: () => {
        throw new Error('the disk is full');
      }
    };
    tellerOf(checkLogger(logger))('error', 'a', {});
  });

  it('whose promise is rejected harms nothing', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    try {
      const late = (): Promise<never> => Promise.reject(new Error('the disk is full'));
      const tell = tellerOf(checkLogger({ error: late, info: late }));
      tell('info', 'a', {});
      tell('error', 'b', {});
      // Node.js tells of them when the microtasks are done.
      await new Promise(resolve => setImmediate(resolve));
      assert.deepEqual(unhandled, []);
    } finally {
      process.off('unhandledRejection', note);
    }
  });

  it('without a method for errors is refused', () => {
    for (const logger of [null, 1, 'console', {}, { info: () => undefined }]) {
      assert.throws(() => checkLogger(logger), { name: 'MongoInvalidArgumentError' });
    }
  });
});

describe('What is logged', () => {
  it('holds no user information of a connection string', () => {
    const text = 'to mongodb://u:p@h/db and mongodb+srv://a%40b:c@h2, not to http://h';
    assert.equal(
      redactText(text),
      'to mongodb://***@h/db and mongodb+srv://***@h2, not to http://h'
    );
  });

  it('holds no value of an option of a connection string that is one', () => {
    const text =
      'to mongodb://h/?tlsCertificateKeyFilePassword=p%20q&w=1, mongodb://h/?w=1&PROXYPASSWORD=x ' +
      'and mongodb://h/?authMechanismProperties=AWS_SESSION_TOKEN:x,A:y&authSource=a#f';
    assert.equal(
      redactText(text),
      'to mongodb://h/?tlsCertificateKeyFilePassword=***&w=1, mongodb://h/?w=1&PROXYPASSWORD=*** ' +
        'and mongodb://h/?authMechanismProperties=***&authSource=a#f'
    );
  });

  it('holds no value of a field that is named like a secret', () => {
    const fields = {
      password: 'a',
      pwd: 'b',
      auth: { passphrase: 'c', user: 'u' },
      accessToken: 'd'
    };
    const text = JSON.stringify(redactFields(fields));
    assert.doesNotMatch(text, /"[abcd]"/);
    assert.match(text, /"user":"u"/);
  });

  it('holds what errors are and say, and nothing else of them', () => {
    const error = Object.assign(new Error('at mongodb://u:p@h'), { code: 7, request: { a: 1 } });
    assert.deepEqual(redactFields({ error }), {
      error: { name: 'Error', message: 'at mongodb://***@h', code: 7 }
    });
  });

  it('ends, however deep and long a value is', () => {
    const deep: Record<string, unknown> = {};
    deep['self'] = deep;
    const shown = redactFields({ deep, long: Array(1_000).fill(1), id: new ObjectId() });
    assert.ok(JSON.stringify(shown).length < 500);
  });
});
