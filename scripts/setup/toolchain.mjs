// Owns the check that Rust is there, and the remedy when it is not. Must not know what it compiles.

import { run } from '../process/command.mjs';
import { Failure, Interrupted } from '../process/script.mjs';

/** @param {{ signal?: AbortSignal }} [options] @throws {Failure} when cargo can't be run */
export async function requireCargo({ signal } = {}) {
  try {
    await run('cargo', ['--version'], { signal, output: 'capture' });
  } catch (cause) {
    if (cause instanceof Interrupted) throw cause;
    throw new Failure(
      'cargo was not found, and the native core is compiled with it. Install Rust from ' +
        'https://rustup.rs (no root needed), open a new terminal, and run this again',
      { cause }
    );
  }
}
