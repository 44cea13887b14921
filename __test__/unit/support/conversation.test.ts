/** The witness of connections: what it takes for a connection that is used while an answer is owed. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Conversation } from '../../support/conversation.ts';

/** A message of as many bytes. */
function message(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.writeInt32LE(length);
  return bytes;
}

describe('A conversation', () => {
  it('is well when every answer is whole before the next request, however the bytes come', () => {
    const conversation = new Conversation();
    for (const length of [16, 100, 5_000]) {
      for (const byte of message(length)) conversation.sent(Buffer.of(byte));
      conversation.delivered(message(length).subarray(0, 3));
      conversation.delivered(message(length).subarray(3));
    }
    assert.equal(conversation.fault, undefined);
  });

  it('is well when one request has many answers', () => {
    const conversation = new Conversation();
    conversation.sent(message(20));
    conversation.delivered(Buffer.concat([message(30), message(30), message(30)]));
    conversation.sent(message(20));
    assert.equal(conversation.fault, undefined);
  });

  for (const [what, delivered] of [
    ['nothing', 0],
    ['half a length', 2],
    ['all but a byte', 29]
  ] as const) {
    it(`is not when a request is sent and ${what} of the answer before has come`, () => {
      const conversation = new Conversation();
      conversation.sent(message(20));
      conversation.delivered(message(30));
      conversation.sent(message(20));
      conversation.delivered(message(30).subarray(0, delivered));
      conversation.sent(message(20));
      assert.match(conversation.fault!, /request 3 was sent before the answer to 2 was whole/);
    });
  }

  it('is not when two requests are sent at once', () => {
    const conversation = new Conversation();
    conversation.sent(Buffer.concat([message(20), message(20)]));
    assert.match(conversation.fault!, /request 2/);
  });
});
