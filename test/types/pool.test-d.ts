import { expectTypeOf, test } from "vitest";
import {
  type CancelScope,
  KeyedPool,
  type Lease,
  Pool,
  type PoolStats,
  type PoolTimeoutError,
  type TimeoutError,
} from "corral";

interface Connection {
  readonly id: number;
}

test("a pool knows what it has from create", () => {
  const pool = new Pool({
    create: async (scope) => {
      expectTypeOf(scope).toEqualTypeOf<CancelScope>();
      return { id: 1 };
    },
    destroy: (value) => expectTypeOf(value).toEqualTypeOf<{ id: number }>(),
    validate: (value, scope) => value.id > 0 && !scope.cancelled,
    reset: async (value) => void value.id,
    isBroken: (error, value) => error instanceof Error && value.id > 0,
  });
  expectTypeOf(pool).toEqualTypeOf<Pool<{ id: number }>>();
  expectTypeOf(pool.acquire()).resolves.toEqualTypeOf<Lease<{ id: number }>>();
  expectTypeOf(pool.tryAcquire()).toEqualTypeOf<Lease<{ id: number }> | undefined>();
  expectTypeOf(pool.run(({ id }) => id)).resolves.toEqualTypeOf<number>();
  expectTypeOf(pool.run(async () => "text", { timeoutMs: 1 })).resolves.toEqualTypeOf<string>();
  expectTypeOf(pool.stats()).toEqualTypeOf<PoolStats>();
});

test("a lease has the value, for reading", () => {
  const lease = undefined as unknown as Lease<Connection>;
  expectTypeOf(lease.value).toEqualTypeOf<Connection>();
  // @ts-expect-error -- it is read only
  lease.value = { id: 2 };
  expectTypeOf(lease).toExtend<AsyncDisposable>();
});

test("a keyed pool has the type of its keys", () => {
  const pool = new KeyedPool({
    create: (host: string, scope) => ({ host, scope }),
    max: (host) => host.length,
    destroy: (_, key) => expectTypeOf(key).toEqualTypeOf<string>(),
  });
  expectTypeOf(pool.run("a", ({ host }) => host)).resolves.toEqualTypeOf<string>();
  // @ts-expect-error -- no such key
  void pool.acquire(1);
});

const create = (): Connection => ({ id: 1 });

test("what is no option is refused", () => {
  // @ts-expect-error -- there must be a create
  void (() => new Pool({}));
  // @ts-expect-error -- a pool without keys has no total
  void (() => new Pool({ create, total: 1 }));
  // @ts-expect-error -- a keyed pool keeps nothing that is idle for ever
  void (() => new KeyedPool({ create, min: 1 }));
  // @ts-expect-error -- one of two words
  void (() => new Pool({ create, onCreateError: "ignore" }));
});

test("the time of a wait is a timeout, too", () => {
  expectTypeOf<PoolTimeoutError>().toExtend<TimeoutError>();
});
