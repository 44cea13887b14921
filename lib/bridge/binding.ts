/**
 * Finds and loads the native addon: the one built into this checkout, beside the bundle, or the platform
 * package that npm installed. It knows file names, not what the addon does.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type * as Native from '../binding';

export type Binding = typeof Native;

/** The C library is tried rather than detected: the wrong build simply does not load. */
function targets(): string[] {
  const { platform, arch } = process;
  if (platform === 'linux') return [`linux-${arch}-gnu`, `linux-${arch}-musl`];
  if (platform === 'win32') return [`win32-${arch}-msvc`];
  return [`${platform}-${arch}`];
}

/** Folders that a build puts it into: that of `dist/core.js`, which for `dist/lib/bridge/` is two up. */
const FOLDERS = ['.', '../..'];

/**
 * What to require. A file is looked for first, since a `require` that fails takes as long as all else here.
 */
function places(target: string): string[] {
  // Bundlers that make ES modules leave no such name.
  const folder = typeof __dirname === 'string' ? __dirname : '/';
  const files = FOLDERS.map(path => join(folder, path, `polypool.${target}.node`));
  return [...files.filter(file => existsSync(file)), `@polypool/binding-${target}`];
}

let loaded: Binding | undefined;

/**
 * The addon, loaded on the first call.
 * @throws Error when no build for this platform is installed, with the remedy
 */
export function binding(): Binding {
  return (loaded ??= load());
}

function load(): Binding {
  const failures: string[] = [];
  for (const target of targets()) {
    for (const path of places(target)) {
      try {
        // eslint-disable-next-line @typescript-eslint/no-require-imports -- the name depends on the platform, and addons have no import
        return require(path) as Binding;
      } catch (error) {
        failures.push(
          `  ${path}: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`
        );
      }
    }
  }
  throw new Error(
    `polypool has no native build for ${process.platform} ${process.arch} here. If npm left out ` +
      'the optional package for this platform, delete node_modules and the lock file and install ' +
      `again; from a checkout, run npm run build. What was tried:\n${failures.join('\n')}`
  );
}
