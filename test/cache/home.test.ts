import { AsyncLocalStorage } from "node:async_hooks";
import { expect, test } from "vitest";
import { CancelScope } from "corral";
import { Home } from "../../src/cache/home.ts";
import { ambientTest } from "../support/mode.ts";
import { settle } from "../support/settle.ts";

const storage = new AsyncLocalStorage<string>();

ambientTest(
  "an errand is run in the async context in which the home was made, again and again (needs AsyncLocalStorage)",
  async () => {
    const home = storage.run("owner", () => new Home());
    const seen: (string | undefined)[] = [];
    const errand = { begin: () => void seen.push(storage.getStore()) };
    for (const who of ["first", "second", "third"]) {
      storage.run(who, () => home.soon(errand));
      if (who !== "first") await settle();
    }
    home.soon(errand);
    await settle();
    expect(seen).toEqual(["owner", "owner", "owner", "owner"]);
  },
);

test("an errand is in no scope, whoever made the home, and whoever asks for it", async () => {
  const seen: unknown[] = [];
  const home = await new CancelScope({ name: "owner" }).run(() => new Home());
  await new CancelScope({ name: "caller" }).run(async () => {
    home.soon({ begin: () => void seen.push(CancelScope.current) });
    await settle();
    home.soon({ begin: () => void seen.push(CancelScope.current) });
    await settle();
  });
  expect(seen).toEqual([undefined, undefined]);
});

test("errands are run later in the turn, in order, each once; one asked for meanwhile after them", async () => {
  const home = new Home();
  const log: string[] = [];
  home.soon({
    begin: () => {
      log.push("a");
      home.soon({ begin: () => void log.push("c") });
    },
  });
  home.soon({ begin: () => void log.push("b") });
  expect(log).toEqual([]);
  await Promise.resolve();
  expect(log).toEqual(["a", "b"]);
  await Promise.resolve();
  expect(log).toEqual(["a", "b", "c"]);
  home.soon({ begin: () => void log.push("d") });
  await settle();
  expect(log.join("")).toBe("abcd");
});
