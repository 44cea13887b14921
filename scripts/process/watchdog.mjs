// Owns the promise that nothing this process started outlives it, however it dies (SIGKILL too).
// Must not know what the processes are: it sees process groups and one temporary directory.
//
// The watchdog is a shell in a session of its own that reads our end of a pipe. The pipe is closed
// by the kernel when we die, so there is nothing to poll; the shell then kills the groups which it
// was told of and were not taken back, and removes the directory.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SHELL_SCRIPT = `
guarded=" "
while read -r verb pid; do
  case $verb in
    guard) guarded="$guarded$pid " ;;
    release) case $guarded in *" $pid "*) guarded="\${guarded%% $pid *} \${guarded#* $pid }" ;; esac ;;
  esac
done
for pid in $guarded; do kill -9 "-$pid" 2>/dev/null; done
[ -n "$guarded" ] && sleep 0.2
rm -rf "$1"
`;

/** The pipe to the shell and the temporary directory; undefined until first needed. */
/** @type {{ pipe?: import('node:stream').Writable | null, directory: string } | undefined} */
let watchdog;

/**
 * A temporary directory of this process, removed when the process ends in whatever way.
 *
 * @returns {string}
 */
export function workspace() {
  return started().directory;
}

/** Kills this process group when we are gone. @param {number} pid the leader of the group */
export function guard(pid) {
  started().pipe?.write(`guard ${pid}\n`);
}

/** Takes back {@link guard}: the group has ended. @param {number} pid */
export function release(pid) {
  started().pipe?.write(`release ${pid}\n`);
}

function started() {
  watchdog ??= start();
  return watchdog;
}

function start() {
  const directory = mkdtempSync(join(tmpdir(), 'polypool-'));
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  // Windows has neither the shell nor process groups: there an abnormal death may leave a process.
  if (process.platform === 'win32') return { directory };
  const shell = spawn('/bin/sh', ['-c', SHELL_SCRIPT, 'polypool-watchdog', directory], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore']
  });
  shell.unref();
  const pipe = /** @type {import('node:net').Socket} */ (shell.stdin);
  pipe.unref();
  // A watchdog that was killed is no reason to fail: it is needed only when all else went wrong.
  pipe.on('error', () => {});
  return { pipe, directory };
}
