import { expect, test } from "vitest";
import * as corral from "corral";
import { explorationsOf } from "./explorations.ts";
import { faultNamed } from "./faults.ts";
import { faultyLibrary } from "./library.ts";

// CORRAL_SEED_FAULT=<a name of faults.ts> breaks the library on purpose: what is to find it fails then.
const seeded = process.env["CORRAL_SEED_FAULT"];
const explorations =
  seeded === undefined
    ? explorationsOf(corral)
    : explorationsOf(await faultyLibrary(seeded)).filter(({ name }) =>
        name.startsWith(faultNamed(seeded).foundBy),
      );

for (const { name, atLeast, explore } of explorations) {
  test(`every order of ${name}`, { timeout: 60_000 }, async () => {
    const orders = await explore();
    // oxlint-disable-next-line no-console -- how many there were is to be seen
    console.log(`${name}: ${orders} orders`);
    expect(orders).toBeGreaterThanOrEqual(atLeast);
  });
}
