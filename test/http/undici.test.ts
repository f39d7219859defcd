import { httpPool } from "corral/http";
import { undiciEngine } from "corral/http/undici";
import type { Agent } from "undici";
import { describe, expect, test } from "vitest";
import { failureOf } from "./support/fake.ts";
import { TestServer, until } from "./support/server.ts";

/** The versions that the pool is said to work on. Each is another package here. */
async function load(name: string): Promise<(new () => Agent) | undefined> {
  try {
    return ((await import(name)) as { Agent: new () => Agent }).Agent;
  } catch {
    return undefined;
  }
}

const versions = await Promise.all(
  ["undici6", "undici", "undici8"].map(async (name) => ({ name, make: await load(name) })),
);

test("versions 6 and 7 load on every Node, version 8 from 22.19 on", () => {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const isNew = major > 22 || (major === 22 && minor >= 19);
  expect(versions.map(({ make }) => make !== undefined)).toEqual([true, true, isNew]);
});

for (const { name, make } of versions) {
  describe.skipIf(make === undefined)(`an engine on ${name}`, { timeout: 30_000 }, () => {
    test("sends, reads, and tells what went wrong", async () => {
      await using server = await TestServer.open((request, response) => {
        if (request.url === "/big") response.end("x".repeat(4 << 20));
        else if (request.url === "/half") response.write("half", () => response.destroy());
        else if (request.url === "/headers") {
          response.statusMessage = "Odd";
          response.setHeader("set-cookie", ["a=1", "b=2"]);
          response.setHeader("constructor", "odd");
          response.end("c");
        } else if (request.url !== "/never") request.pipe(response);
      });
      const agent = new make!();
      const http = httpPool({ fetch: undiciEngine(agent), retry: false });
      const body = "echo";
      expect(await http.text(server.url("/"), { method: "POST", body })).toBe(body);

      const response = await http.fetch(server.url("/headers"));
      expect(response.statusText).toBe("Odd");
      expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
      expect(response.headers.get("constructor")).toBe("odd");
      expect(await response.text()).toBe("c");

      // A reader that is slow holds the server up, and gets all of it.
      const big = await http.fetch(server.url("/big"));
      let length = 0;
      for await (const chunk of big.body!) {
        length += chunk.byteLength;
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(length).toBe(4 << 20);
      const left = await http.fetch(server.url("/big"));
      await left.body!.cancel();

      expect(await failureOf(http.text(server.url("/half")))).toMatchObject({ phase: "body" });
      const timeouts = { headersMs: 30 };
      expect(await failureOf(http.fetch(server.url("/never"), { timeouts }))).toMatchObject({
        phase: "headers",
      });
      const controller = new AbortController();
      const aborted = failureOf(http.fetch(server.url("/never"), { signal: controller.signal }));
      await until(() => server.active === 1);
      controller.abort("enough");
      expect(await aborted).toBe("enough");
      await server.idle();
      await until(() => http.stats().active === 0);
      await http.close();
      await agent.destroy();
    });

    test("a request that waits for its connection is cancelled at once", async () => {
      const agent = new make!();
      const engine = undiciEngine(agent);
      const controller = new AbortController();
      // An address that answers nothing, if it is reached at all.
      const connecting = failureOf(
        engine("http://192.0.2.1/", {
          method: "GET",
          headers: new Headers(),
          body: undefined,
          signal: controller.signal,
          redirect: "manual",
        }),
      );
      controller.abort("enough");
      expect(await connecting).toBe("enough");
      await agent.destroy();
    });
  });
}
