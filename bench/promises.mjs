// What limits, locks, maps, timeouts, retries and rate limits do where they differ: a timeout, an abort, a failure, a
// clear. Not a measurement but for the bytes: it runs each package and says what it did.
import { keeps } from "./support/promises/keeps.mjs";
import { limitChecks } from "./support/promises/limit-checks.mjs";
import { limiters } from "./support/promises/limiters.mjs";
import { lockChecks } from "./support/promises/lock-checks.mjs";
import { locks } from "./support/promises/locks.mjs";
import { mapChecks } from "./support/promises/map-checks.mjs";
import { maps } from "./support/promises/maps.mjs";
import { rateChecks, rates } from "./support/promises/rates.mjs";
import { retries, retryChecks } from "./support/promises/retries.mjs";
import { timeoutChecks, timeouts } from "./support/promises/timeouts.mjs";

await keeps("limit", limiters, limitChecks);
await keeps("lock", locks, lockChecks);
await keeps("map", maps, mapChecks);
await keeps("timeout", timeouts, timeoutChecks);
await keeps("retry", retries, retryChecks);
await keeps("rate", rates, rateChecks);
