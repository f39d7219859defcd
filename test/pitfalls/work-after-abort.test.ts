import { describe, expect, test } from "vitest";
import { channel, Queue, safeChannel, select, send, sleep, type WaitOptions } from "corral";
import { withVirtualClock } from "corral/testing";
import { settle } from "../contract/settle.ts";
import { sections } from "./sections.ts";

describe.each(sections)("pitfall 6: %s", (_, make) => {
  /** Runs a function in line, and says what it came to when it was aborted in such a moment. */
  async function aborted(
    moment: (release: () => void, abort: () => void) => void,
  ): Promise<unknown> {
    const section = make();
    const held = section.hold()!;
    const controller = new AbortController();
    let calls = 0;
    const running = section.run(() => void calls++, { signal: controller.signal });
    running.catch(() => {});
    await settle();
    moment(
      () => held.release(),
      () => controller.abort("gone"),
    );
    await settle();
    held.release();
    await settle();
    expect(section.figures()).toEqual([0, 0]);
    const [end] = await Promise.allSettled([running]);
    return [calls, end];
  }

  const refused = [0, { status: "rejected", reason: "gone" }];

  test("never calls a function that was aborted in line", async () => {
    expect(await aborted((_release, abort) => abort())).toEqual(refused);
  });

  test("never calls one that was aborted in the step before its turn", async () => {
    const outcome = await aborted((release, abort) => {
      abort();
      release();
    });
    expect(outcome).toEqual(refused);
  });

  test("never calls one that was aborted in the step after its turn came", async () => {
    const outcome = await aborted((release, abort) => {
      release();
      abort();
    });
    expect(outcome).toEqual(refused);
  });

  test("does not call one whose signal has aborted, and does not stop one that has begun", async () => {
    const section = make();
    const calls: string[] = [];
    const signal = AbortSignal.abort("before");
    await expect(section.run(() => void calls.push("a"), { signal })).rejects.toBe("before");
    const controller = new AbortController();
    const begun = section.run(
      async () => {
        await settle();
        return calls.push("b");
      },
      { signal: controller.signal },
    );
    controller.abort("too late");
    expect(await begun).toBe(1);
    expect(section.figures()).toEqual([0, 0]);
  });
});

/** Ways to give an item that find no room; what comes out when all is taken after the abort. */
const givers: Record<string, (options: WaitOptions) => [Promise<unknown>, () => unknown]> = {
  "Queue.put()": (options) => {
    const queue = new Queue<string>({ capacity: 1 });
    queue.tryPut("first");
    return [queue.put("aborted", options), () => queue.tryGet()?.value];
  },
  "Sender.send()": (options) => {
    const [sender, receiver] = channel<string>(1);
    sender.trySend("first");
    return [sender.send("aborted", options), () => receiver.tryReceive()?.value];
  },
  "Sender.reserve()": (options) => {
    const [sender, receiver] = channel<string>(1);
    sender.trySend("first");
    const reserving = sender.reserve(options).then((slot) => slot.send("aborted"));
    return [reserving, () => receiver.tryReceive()?.value];
  },
  "select() of a send()": (options) => {
    const [sender, receiver] = channel<string>(1);
    sender.trySend("first");
    const selecting = select({ sent: send(sender, "aborted") }, options);
    return [selecting, () => receiver.tryReceive()?.value];
  },
};

test.each(Object.entries(givers))("pitfall 6: %s gives nothing after an abort", async (_, make) => {
  const controller = new AbortController();
  const [giving, take] = make({ signal: controller.signal });
  await settle();
  controller.abort("gone");
  expect(take()).toBe("first");
  await expect(giving).rejects.toBe("gone");
  await settle();
  expect(take()).toBeUndefined();
});

test("pitfall 6: a generator of safeChannel() is not gone on with after an abort", async () => {
  await withVirtualClock(async () => {
    const controller = new AbortController();
    const steps: string[] = [];
    const it = safeChannel(
      async function* generate(scope) {
        for (const step of ["one", "two", "three"]) {
          steps.push(step);
          await sleep(500, { signal: scope.signal });
          yield step;
        }
      },
      { signal: controller.signal },
    );
    expect(await it.next()).toEqual({ value: "one", done: false });
    const next = it.next();
    await sleep(20);
    controller.abort("gone");
    await expect(next).rejects.toBe("gone");
    await sleep(600);
    expect(steps).toEqual(["one", "two"]);
  });
});
