// Generated from lib/ by `npm run build`. Do not edit: change lib/ and build.

import * as polypool from './index.js';

export * from './index.js';
export default polypool;
