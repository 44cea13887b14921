// Owns whether a test can run here: its `runOnRequirements` against the server's facts, as a reason
// to skip it. Must not know how facts are found.

import type { ServerFacts } from '../deployment.ts';
import { compareVersions, parseVersion } from '../version.ts';
import type { Requirement } from './format/file.ts';
import { Matcher } from './matcher.ts';

const NO_REFERENCES = new Matcher({ value: () => undefined, lsid: () => undefined });

/** Why none of the requirements is met; undefined when one is, or there are none. */
export function unmetReason(
  requirements: readonly Requirement[] | undefined,
  facts: ServerFacts
): string | undefined {
  if (requirements === undefined) return undefined;
  const reasons = requirements.map(requirement => unmet(requirement, facts));
  if (reasons.includes(undefined)) return undefined;
  return [...new Set(reasons)].join('; or ');
}

function unmet(requirement: Requirement, facts: ServerFacts): string | undefined {
  const reasons = [
    versionReason(requirement, facts),
    topologyReason(requirement, facts),
    authReason(requirement, facts),
    ...parameterReasons(requirement, facts)
  ];
  if (requirement.serverless === 'require') reasons.push('needs Atlas Serverless');
  if (requirement.csfle !== undefined && requirement.csfle !== false) {
    reasons.push('needs client-side encryption');
  }
  const given = reasons.filter(reason => reason !== undefined);
  return given.length === 0 ? undefined : given.join(' and ');
}

function versionReason(
  { minServerVersion: min, maxServerVersion: max }: Requirement,
  { version }: ServerFacts
): string | undefined {
  if (min !== undefined && compareVersions(version, parseVersion(min)) < 0) {
    return `needs server ${min} or later`;
  }
  if (max !== undefined && compareVersions(version, parseVersion(max)) > 0) {
    return `needs server ${max} at most`;
  }
  return undefined;
}

function topologyReason({ topologies }: Requirement, facts: ServerFacts): string | undefined {
  // Shards have been replica sets since server 3.6.
  const names = topologies?.map(name => (name === 'sharded-replicaset' ? 'sharded' : name));
  if (names === undefined || names.includes(facts.topology)) return undefined;
  return `needs topology ${[...new Set(names)].sort().join(' or ')}`;
}

function authReason({ auth, authMechanism }: Requirement, facts: ServerFacts): string | undefined {
  if (auth === true && !facts.auth) return 'needs a server with authentication';
  if (auth === false && facts.auth) return 'needs a server without authentication';
  if (authMechanism === undefined) return undefined;
  const known = facts.parameters['authenticationMechanisms'] as string[] | undefined;
  const wanted = authMechanism.toLowerCase();
  if (known?.some(name => name.toLowerCase() === wanted)) return undefined;
  return `needs a server with ${authMechanism}`;
}

function parameterReasons({ serverParameters = {} }: Requirement, facts: ServerFacts): string[] {
  return Object.entries(serverParameters)
    .filter(([name, value]) => !NO_REFERENCES.matches({ value: facts.parameters[name] }, { value }))
    .map(([name, value]) => `needs server parameter ${name}=${JSON.stringify(value)}`);
}
