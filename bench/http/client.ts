// Owns the process that makes the load, so that it shares no event loop with anything measured.
// Must not know what the load consists of.
//
// Answers a message `{ port, seconds }` with what that load came to.

import { load } from './load';

process.on('message', ({ port, seconds }: { port: number; seconds: number }) => {
  void load(port, seconds).then(
    result => process.send!(result),
    (error: unknown) => {
      process.stderr.write(`${(error as Error).stack}\n`);
      process.disconnect();
      process.exitCode = 1;
    }
  );
});
