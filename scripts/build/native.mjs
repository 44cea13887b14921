// Owns the native core's build: dist/polypool.<platform>.node, and lib/binding.d.ts, its types.
// Must not know about the TypeScript that uses them.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runNode } from '../process/command.mjs';
import { ROOT, TOOLS } from '../process/paths.mjs';
import { step } from '../process/progress.mjs';
import { requireCargo } from '../setup/toolchain.mjs';
import { format } from './format.mjs';
import { Stamp } from './stamp.mjs';

/** The types of what Rust exports: generated, and committed so that a change of it is seen. */
export const BINDING_TYPES = 'lib/binding.d.ts';

/**
 * A profile of Cargo.toml: `release` is what is published and measured, `quick` compiles faster.
 *
 * @typedef {'release' | 'quick'} Profile
 */
/** @type {readonly Profile[]} */
export const PROFILES = ['release', 'quick'];

const stamp = new Stamp('native', ['Cargo.toml', 'Cargo.lock', 'build.rs', '.cargo', 'src']);

/**
 * Whether a build of the sources as they are exists; a release build serves for `quick` too.
 *
 * @param {Profile} profile
 */
export function nativeIsFresh(profile) {
  const built = stamp.freshVariant();
  return (built === profile || built === 'release') && hasAddon() && isThere(BINDING_TYPES);
}

/** @param {{ profile: Profile, signal?: AbortSignal }} options */
export async function buildNative({ profile, signal }) {
  await requireCargo({ signal });
  const built = stamp.begin(profile);
  await step(`compiling the native core (${profile}; minutes the first time)`, async () => {
    const args = ['build', '--platform', '--no-js', '--profile', profile];
    args.push('--output-dir', 'dist', '--dts', join('..', BINDING_TYPES));
    await runNode(TOOLS.napi, args, { signal });
    await format([BINDING_TYPES], { signal });
  });
  built();
}

function hasAddon() {
  return isThere('dist') && readdirSync(join(ROOT, 'dist')).some(name => name.endsWith('.node'));
}

/** @param {string} path */
function isThere(path) {
  return existsSync(join(ROOT, path));
}
