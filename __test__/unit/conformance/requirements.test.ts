/** Where tests of the unified test format can run, and how a skip is reasoned. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ServerFacts } from '../../../conformance/deployment.ts';
import { unmetReason } from '../../../conformance/unified/requirements.ts';

const FACTS: ServerFacts = {
  version: [6, 0, 5],
  topology: 'replicaset',
  nodes: 1,
  auth: false,
  parameters: { enableTestCommands: true, authenticationMechanisms: ['SCRAM-SHA-1'] }
};

describe('unmetReason', () => {
  it('has none without requirements, or when one of them is met', () => {
    assert.equal(unmetReason(undefined, FACTS), undefined);
    assert.equal(
      unmetReason([{ minServerVersion: '8.0' }, { minServerVersion: '4.4' }], FACTS),
      undefined
    );
  });

  it('compares versions by number', () => {
    assert.equal(unmetReason([{ minServerVersion: '6.0.5' }], FACTS), undefined);
    assert.equal(
      unmetReason([{ minServerVersion: '6.0.10' }], FACTS),
      'needs server 6.0.10 or later'
    );
    assert.equal(
      unmetReason([{ maxServerVersion: '4.4.99' }], FACTS),
      'needs server 4.4.99 at most'
    );
  });

  it('names topologies, each once', () => {
    const reason = unmetReason(
      [{ topologies: ['sharded-replicaset', 'single', 'sharded'] }],
      FACTS
    );
    assert.equal(reason, 'needs topology sharded or single');
  });

  it('joins what one requirement lacks, and what several do', () => {
    const one = { minServerVersion: '7.0', topologies: ['sharded'] };
    assert.equal(
      unmetReason([one, { auth: true }], FACTS),
      'needs server 7.0 or later and needs topology sharded; or needs a server with authentication'
    );
  });

  it('compares server parameters, numbers by value', () => {
    assert.equal(
      unmetReason([{ serverParameters: { enableTestCommands: true } }], FACTS),
      undefined
    );
    assert.equal(
      unmetReason([{ serverParameters: { requireApiVersion: false } }], FACTS),
      'needs server parameter requireApiVersion=false'
    );
  });

  it('knows what is not there at all', () => {
    assert.equal(unmetReason([{ csfle: true }], FACTS), 'needs client-side encryption');
    assert.equal(unmetReason([{ csfle: false, serverless: 'forbid' }], FACTS), undefined);
    assert.equal(unmetReason([{ serverless: 'require' }], FACTS), 'needs Atlas Serverless');
    assert.equal(
      unmetReason([{ authMechanism: 'MONGODB-OIDC' }], FACTS),
      'needs a server with MONGODB-OIDC'
    );
  });
});
