// Owns the shapes that have to do with log messages: severities and components. Runs nothing.

import { anyObject, flag, oneOf, record } from './shape.ts';

const levels = [
  ...['emergency', 'alert', 'critical', 'error', 'warning'],
  ...['notice', 'info', 'debug', 'trace']
];
export const level = oneOf(...levels);
export const components = ['command', 'topology', 'serverSelection', 'connection'];

export const logMessage = record({
  required: { level, component: oneOf(...components), data: anyObject },
  optional: { failureIsRedacted: flag }
});
