import { KeyedPool, type Lease, Pool, type WaitOptions } from "corral";
import { deferred } from "../support/deferred.ts";
import { type Line, plain, type WaitingMethod } from "./line.ts";
import { watchWaits } from "./pending.ts";

/** A pool, or one key of one, that has one resource. */
interface One {
  /** Takes it at once. */
  readonly hold: () => Lease<object> | undefined;
  readonly acquire: (options: WaitOptions | undefined) => Promise<Lease<object>>;
  readonly run: (fn: () => unknown, options: WaitOptions | undefined) => Promise<unknown>;
  readonly waiting: () => number;
  readonly busy: () => number;
}

type Create = () => object | Promise<object>;

function pool(create: Create, reset?: () => Promise<void>): One {
  const it = new Pool<object>({ max: 1, create, reset });
  return {
    hold() {
      void it.warm(1);
      return it.tryAcquire();
    },
    acquire: (options) => it.acquire(options),
    run: (fn, options) => it.run(fn, options),
    waiting: () => it.waiting,
    busy: () => it.busy,
  };
}

/** Every call is for a key of its own, or all for one. */
function keyed(by: "key" | "total"): (create: Create) => One {
  return (create) => {
    const it = new KeyedPool<number, object>({
      max: 1,
      total: by === "key" ? Infinity : 1,
      create,
    });
    let count = 0;
    const key = (): number => (by === "key" ? 0 : count++);
    return {
      hold() {
        const first = key();
        void it.warm(first, 1);
        return it.tryAcquire(first);
      },
      acquire: (options) => it.acquire(key(), options),
      run: (fn, options) => it.run(key(), fn, options),
      waiting: () => it.waiting,
      busy: () => it.busy,
    };
  };
}

/** The resource is leased; waking is releasing it. */
function toAcquire(make: (create: Create) => One): () => Line {
  return () => {
    const it = make(() => ({}));
    const held = [it.hold()!];
    return plain(it.acquire, {
      wake: () => held.shift()?.release(),
      keep: (lease) => void held.push(lease as Lease<object>),
      free: () => 1 - it.busy(),
      waiting: it.waiting,
    });
  };
}

/** The resource is used by a function until the next is woken. */
function toRun(make: (create: Create) => One): () => Line {
  return () => {
    const it = make(() => ({}));
    const held: (() => void)[] = [];
    let closed = false;
    const call: Line["call"] = (options, enter) =>
      it.run(() => {
        enter?.();
        if (closed) return undefined;
        const gate = deferred();
        held.push(gate.resolve);
        return gate.promise;
      }, options);
    void call();
    return {
      call,
      wake: () => held.shift()?.(),
      free: () => 1 - it.busy(),
      waiting: it.waiting,
      close: () => {
        closed = true;
        for (const end of held) end();
      },
    };
  };
}

/** There is no resource before the first is woken. */
function toWarm(): Line {
  const gate = deferred<object>();
  const it = new Pool({ max: 1, create: () => gate.promise });
  const waits = watchWaits("pool warm-up");
  return plain((options) => it.warm(1, options), {
    wake() {
      gate.resolve({});
      void it.warm(1);
    },
    waiting: waits.count,
    close: () => {
      waits.stop();
      gate.resolve({});
    },
  });
}

const run = {
  gives: "unit",
  late: "returns",
  calls: true,
  opensScope: true,
  listensOn: true,
  wakesLater: true,
} as const;

const acquire = { gives: "unit", late: "keeps" } as const;

const makes: [string, string | undefined, (create: Create) => One][] = [
  ["Pool", undefined, pool],
  ["Pool", "after a reset", (create) => pool(create, async () => {})],
  ["KeyedPool", "of one key", keyed("key")],
  ["KeyedPool", "of many keys", keyed("total")],
];

export const pools: readonly WaitingMethod[] = [
  ...makes.flatMap(([kind, variant, make]): WaitingMethod[] => [
    {
      ...acquire,
      member: `${kind}.acquire`,
      variant,
      ...(variant === "of one key" || variant === undefined ? {} : { wakesLater: true as const }),
      open: toAcquire(make),
    },
    { ...run, member: `${kind}.run`, variant, open: toRun(make) },
  ]),
  { member: "Pool.warm", gives: "opening", late: "keeps", wakesLater: true, open: toWarm },
];
