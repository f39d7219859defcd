import { fileURLToPath } from "node:url";
import {
  defineConfig,
  type TestProjectInlineConfiguration,
  type ViteUserConfig,
} from "vitest/config";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

const unit = ["test/**/*.test.ts"];
const gc = ["test/**/*.gc.test.ts"];

function project(
  name: string,
  test: TestProjectInlineConfiguration["test"],
): TestProjectInlineConfiguration {
  return {
    extends: true,
    test: { name, ...test },
  };
}

const config: ViteUserConfig = defineConfig({
  resolve: {
    alias: [
      { find: /^corral$/, replacement: path("./src/index.ts") },
      { find: /^corral\/http$/, replacement: path("./src/http/index.ts") },
      { find: /^corral\/http\/undici$/, replacement: path("./src/http/undici.ts") },
      { find: /^corral\/db$/, replacement: path("./src/db/index.ts") },
      { find: /^corral\/db\/([a-z0-9]+)$/, replacement: path("./src/db/$1/index.ts") },
      { find: /^corral\/testing$/, replacement: path("./src/testing/index.ts") },
    ],
  },
  test: {
    pool: "forks",
    // One less by default, which is half of a small machine.
    maxWorkers: "100%",
    // A process for each of two hundred files would take most of the time. The files leave the process
    // as they found it.
    isolate: false,
    testTimeout: 5_000,
    hookTimeout: 5_000,
    dangerouslyIgnoreUnhandledErrors: false,
    projects: [
      project("ambient", { include: unit, exclude: gc, env: { CORRAL_MODE: "ambient" } }),
      project("explicit", {
        include: unit,
        exclude: gc,
        env: { CORRAL_MODE: "explicit" },
        setupFiles: ["test/setup/explicit.ts"],
      }),
      project("leaks", {
        include: gc,
        env: { CORRAL_MODE: "ambient" },
        execArgv: ["--expose-gc"],
      }),
      project("types", {
        include: [],
        typecheck: {
          enabled: true,
          only: true,
          checker: "tsc",
          tsconfig: "tsconfig.json",
          include: ["test/**/*.test-d.ts"],
        },
      }),
    ],
  },
});

export default config;
