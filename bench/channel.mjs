// Channels and queues: one producer and one consumer, ten of each, at three capacities.
import { PassThrough } from "node:stream";
import { channel, Queue, recv, select } from "../dist/index.js";
import { peer } from "./support/peers.mjs";
import { table } from "./support/table.mjs";

const [toolkit, fastq, repeater, effect] = await Promise.all(
  ["es-toolkit", "fastq", "@repeaterjs/repeater", "effect"].map(peer),
);

const ITEMS = 1000;
const unbounded = Infinity;

// Each makes a line of its own: how to put, how to get, one item each.
const lines = {
  "corral channel": (capacity) => {
    const [sender, receiver] = channel(capacity);
    return { put: (item) => sender.send(item), get: () => receiver.receive() };
  },
  "corral Queue": (capacity) => {
    const queue = new Queue({ capacity });
    return { put: (item) => queue.put(item), get: () => queue.get() };
  },
  ...(effect && {
    "effect 4 Queue": (capacity) => {
      const { Effect, Queue: Theirs } = effect;
      const queue = Effect.runSync(
        capacity === unbounded ? Theirs.unbounded() : Theirs.bounded(capacity),
      );
      return { effect: true, queue };
    },
  }),
};

async function spread(line, producers, consumers) {
  const each = ITEMS / producers;
  if (line.effect === true) {
    const { Effect, Queue: Theirs } = effect;
    const { queue } = line;
    const produce = Effect.gen(function* () {
      for (let i = 0; i < each; i++) yield* Theirs.offer(queue, i);
    });
    const consume = Effect.gen(function* () {
      for (let i = 0; i < ITEMS / consumers; i++) yield* Theirs.take(queue);
    });
    const all = [
      ...Array.from({ length: producers }, () => produce),
      ...Array.from({ length: consumers }, () => consume),
    ];
    return Effect.runPromise(Effect.all(all, { concurrency: "unbounded", discard: true }));
  }
  const produce = async () => {
    for (let i = 0; i < each; i++) await line.put(i);
  };
  const consume = async () => {
    for (let i = 0; i < ITEMS / consumers; i++) await line.get();
  };
  return Promise.all([
    ...Array.from({ length: producers }, produce),
    ...Array.from({ length: consumers }, consume),
  ]);
}

const byHand = async () => {
  const items = [];
  for (let i = 0; i < ITEMS; i++) items.push(i);
  while (items.length > 0) {
    items.pop();
    await undefined;
  }
};

/** What has one reader only, read by iteration or by its own reader. */
function streams(capacity) {
  const size = Math.min(capacity, ITEMS);
  return {
    ReadableStream: async () => {
      let i = 0;
      const stream = new ReadableStream(
        {
          pull(controller) {
            if (i === ITEMS) controller.close();
            else controller.enqueue(i++);
          },
        },
        { highWaterMark: size },
      );
      const reader = stream.getReader();
      while (!(await reader.read()).done);
    },
    "node:stream PassThrough": async () => {
      const stream = new PassThrough({ objectMode: true, highWaterMark: size });
      const produce = async () => {
        for (let i = 0; i < ITEMS; i++) {
          if (!stream.write({ i })) await new Promise((resolve) => stream.once("drain", resolve));
        }
        stream.end();
      };
      const consume = async () => {
        for await (const _ of stream);
      };
      await Promise.all([produce(), consume()]);
    },
    ...(repeater && {
      repeater: async () => {
        const { FixedBuffer, Repeater } = repeater;
        const items = new Repeater(
          async (push, stop) => {
            for (let i = 0; i < ITEMS; i++) await push(i);
            stop();
          },
          capacity > 1 ? new FixedBuffer(size) : undefined,
        );
        for await (const _ of items);
      },
    }),
    "async generator": async () => {
      async function* generate() {
        for (let i = 0; i < ITEMS; i++) yield i;
      }
      for await (const _ of generate());
    },
  };
}

for (const capacity of [unbounded, 16, 1]) {
  const of = (producers) =>
    Object.fromEntries(
      Object.entries(lines).map(([name, make]) => [
        name,
        () => spread(make(capacity), producers, producers),
      ]),
    );
  await table(
    `channel: one to one, capacity ${capacity}`,
    {
      ops: ITEMS,
      goals: {
        "corral channel": { times: 5, leads: { ReadableStream: 1, "effect 4 Queue": 2 } },
      },
    },
    {
      "an array and an await each (floor)": byHand,
      ...of(1),
      "corral channel, for await": async () => {
        const [sender, receiver] = channel(capacity);
        const produce = async () => {
          for (let i = 0; i < ITEMS; i++) await sender.send(i);
          sender.close();
        };
        const consume = async () => {
          for await (const _ of receiver);
        };
        await Promise.all([produce(), consume()]);
      },
      ...streams(capacity),
    },
  );
  await table(
    `channel: ten to ten, capacity ${capacity}`,
    { ops: ITEMS, goals: { "corral channel": { leads: { "effect 4 Queue": 2 } } } },
    { "an array and an await each (floor)": byHand, ...of(10) },
  );
}

if (toolkit?.Semaphore !== undefined && fastq) {
  // What people build a queue of work from: each item is worked on by one of ten.
  await table(
    "channel: a line of work for ten",
    { ops: ITEMS },
    {
      "an array and an await each (floor)": byHand,
      "corral Queue, ten loops": async () => {
        const queue = new Queue({ capacity: unbounded });
        for (let i = 0; i < ITEMS; i++) queue.tryPut(i);
        queue.close();
        const loop = async () => {
          for await (const _ of queue) await undefined;
        };
        await Promise.all(Array.from({ length: 10 }, loop));
      },
      "fastq.promise, ten workers": async () => {
        const queue = fastq.default.promise(async () => void (await undefined), 10);
        await Promise.all(Array.from({ length: ITEMS }, (_, i) => queue.push(i)));
      },
    },
  );
}

{
  const [quiet] = [channel(0)[1]];
  const cases = {
    "Promise.race, which takes from both (floor)": async () => {
      const [sender, receiver] = channel(1);
      for (let i = 0; i < ITEMS; i++) {
        const item = receiver.receive();
        void sender.send(i);
        await Promise.race([item]);
      }
    },
    "corral select of two, one ready": async () => {
      const [sender, receiver] = channel(1);
      for (let i = 0; i < ITEMS; i++) {
        void sender.send(i);
        await select({ item: recv(receiver), never: recv(quiet) });
      }
    },
    "corral select of two, both wait": async () => {
      const [sender, receiver] = channel(1);
      for (let i = 0; i < ITEMS; i++) {
        const chosen = select({ item: recv(receiver), never: recv(quiet) });
        void sender.send(i);
        await chosen;
      }
    },
  };
  await table("channel: select", { ops: ITEMS }, cases);
}
