import { fileURLToPath } from "node:url";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import main from "../../vitest.config.ts";
import { filesLeftOut } from "../exclusions.mjs";
import { copies } from "./copies-plugin.mjs";
import { testGlobals } from "./test-globals-plugin.mjs";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

/** What the tests use of Node's modules, made of what a page has. The library uses none of it. */
const nodeModules = [
  "async_hooks",
  "diagnostics_channel",
  "events",
  "timers/promises",
  "util",
  "vm",
];

/** The unit suite in a page, where scopes travel by signal alone. */
export default defineConfig({
  root: path("../.."),
  cacheDir: path("../.cache/chromium"),
  plugins: [testGlobals(path("./globals.mjs")), copies()],
  resolve: {
    alias: [
      ...main.resolve.alias,
      // What the tests do in another way in a page.
      { find: /^.*\/support\/second-copy\.ts$/, replacement: path("./second-copy.mjs") },
      { find: /^.*\/support\/unhandled\.ts$/, replacement: path("./unhandled.mjs") },
      ...nodeModules.map((name) => ({
        find: `node:${name}`,
        replacement: path(`./node-${name.replace(/[/_]/, "-")}.mjs`),
      })),
    ],
  },
  optimizeDeps: { include: ["fast-check"] },
  test: {
    name: "chromium",
    include: ["test/**/*.test.ts"],
    exclude: ["test/**/*.gc.test.ts", ...filesLeftOut("chromium")],
    setupFiles: [path("./listeners.mjs"), path("../setup.mjs")],
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      api: { host: "127.0.0.1" },
      provider: playwright({
        // Who is root, as in a container, has no sandbox. The page is ours, from this machine.
        launchOptions: { executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] },
      }),
      instances: [{ browser: "chromium" }],
    },
  },
});
