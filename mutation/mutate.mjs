import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Stryker } from "@stryker-mutator/core";

const here = fileURLToPath(new URL(".", import.meta.url));

/** The mutants of the files, each with what became of it. */
export function mutate(files, { dryRunOnly = false } = {}) {
  return new Stryker({
    mutate: files,
    testRunner: "corral",
    plugins: [join(here, "test-runner.mjs")],
    reporters: ["progress-append-only"],
    ignorers: ["messages"],
    coverageAnalysis: "perTest",
    concurrency: 2,
    dryRunOnly,
    dryRunTimeoutMinutes: 10,
    // The runner says itself when a mutant is late.
    timeoutMS: 600_000,
    ignorePatterns: ["*", "!src/**", "!test/**", "!package.json"],
    tempDirName: join(here, ".cache/stryker"),
    tsconfigFile: "none.json",
    disableTypeChecks: false,
    symlinkNodeModules: false,
    allowEmpty: true,
    warnings: { slow: false },
  }).runMutationTest();
}
