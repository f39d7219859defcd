import { afterEach, describe, expect, test, vi } from "vitest";
import { developing } from "../../src/internal/developing.ts";

/** A Deno that has said that about reading `NODE_ENV`; a prompt would come of reading it nevertheless. */
function inDeno(state: "granted" | "prompt" | "denied", environment: object): void {
  const querySync = vi.fn(() => ({ state }));
  vi.stubGlobal("Deno", { permissions: { querySync } });
  vi.stubGlobal("process", { ...globalThis.process, env: environment });
}

const unreadable = (read: () => void): object =>
  new Proxy({}, { get: () => (read(), "production") });

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

describe("developing()", () => {
  test("asks nobody: where Deno would prompt, the environment is not read", () => {
    const read = vi.fn();
    inDeno("prompt", unreadable(read));
    const answer = developing();
    vi.unstubAllGlobals();
    expect(answer).toBe(true);
    expect(read).not.toHaveBeenCalled();
  });

  test("reads the environment where Deno has the permission", () => {
    inDeno("granted", { NODE_ENV: "production" });
    const answer = developing();
    vi.unstubAllGlobals();
    expect(answer).toBe(false);
  });

  test("is true where the environment may not be read", () => {
    inDeno("denied", {
      get NODE_ENV(): string {
        throw new Error("NotCapable");
      },
    });
    const answer = developing();
    vi.unstubAllGlobals();
    expect(answer).toBe(true);
  });
});

test.each([
  ["production", false],
  ["development", true],
  ["", true],
])("where NODE_ENV is %o, developing() is %o", (environment, answer) => {
  vi.stubEnv("NODE_ENV", environment);
  expect(developing()).toBe(answer);
});

test("developing() is true where there is no environment, as in a page that nothing was bundled for", () => {
  vi.stubGlobal("process", undefined);
  const answer = developing();
  vi.unstubAllGlobals();
  expect(answer).toBe(true);
});
