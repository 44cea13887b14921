// Owns the baseline of a cold start: a process that prints what the others print, and no more.
// Must not load anything.

'use strict';

const { writeSync } = require('node:fs');

writeSync(1, '0\n');
