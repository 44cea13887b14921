// Generated from lib/ by `npm run build`. Do not edit: change lib/ and build.

import * as adapter from './tenants.js';

export * from './tenants.js';
export default adapter;
