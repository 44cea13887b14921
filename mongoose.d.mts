// Generated from lib/ by `npm run build`. Do not edit: change lib/ and build.

import * as adapter from './mongoose.js';

export * from './mongoose.js';
export default adapter;
