"""Python's caches on the same keys. Reads what to do from stdin and prints ns per call, a list a case."""

import asyncio
import functools
import json
import sys
import time

try:
    from async_lru import alru_cache
except ImportError:
    alru_cache = None

ROUNDS = 7


def rounds(run, count):
    """One round more than counts, to warm up."""
    took = []
    for _ in range(ROUNDS + 1):
        before = time.perf_counter_ns()
        run()
        took.append((time.perf_counter_ns() - before) / count)
    return took[1:]


async def async_rounds(run, count):
    took = []
    for _ in range(ROUNDS + 1):
        before = time.perf_counter_ns()
        await run()
        took.append((time.perf_counter_ns() - before) / count)
    return took[1:]


def walk(get, keys):
    def run():
        for key in keys:
            get(key)

    return run


def awaiting_walk(get, keys):
    async def run():
        for key in keys:
            await get(key)

    return run


def load(key):
    return {"id": key}


async def load_later(key):
    await asyncio.sleep(0)
    return {"id": key}


def check(right):
    if not right:
        raise AssertionError("a wrong value or number of loads")


def hits(keys, lookups):
    cached = functools.lru_cache(maxsize=len(keys))(load)
    for key in keys:
        check(cached(key)["id"] == key)
    result = {"functools.lru_cache": rounds(walk(cached, lookups), len(lookups))}
    check(cached.cache_info().misses == len(keys))
    return result


async def awaited_hits(keys, lookups):
    if alru_cache is None:
        return {}
    cached = alru_cache(maxsize=len(keys))(load_later)
    for key in keys:
        check((await cached(key))["id"] == key)
    result = {"async_lru": await async_rounds(awaiting_walk(cached, lookups), len(lookups))}
    check(cached.cache_info().misses == len(keys))
    return result


async def misses(keys, capacity):
    cached = functools.lru_cache(maxsize=capacity)(load)
    result = {"functools.lru_cache, sync": rounds(walk(cached, keys), len(keys))}
    check(cached.cache_info().hits == 0)

    async def bare():
        for key in keys:
            await load_later(key)

    result["await load(key)"] = await async_rounds(bare, len(keys))
    if alru_cache is not None:
        later = alru_cache(maxsize=capacity)(load_later)
        result["async_lru"] = await async_rounds(awaiting_walk(later, keys), len(keys))
        check(later.cache_info().hits == 0)
    return result


async def stampede(calls):
    if alru_cache is None:
        return {}
    cached = alru_cache(maxsize=2_000)(load_later)
    number = 0

    async def run():
        nonlocal number
        number += 1
        await asyncio.gather(*(cached(f"stampede:{number}") for _ in range(calls)))

    result = {"async_lru, asyncio.gather": await async_rounds(run, calls)}
    check(cached.cache_info().misses == number)
    return result


def memory(count):
    """Bytes an entry, and ns to make one, without the keys."""
    import gc
    import tracemalloc

    keys = [f"user:{i}" for i in range(count)]
    # A number of its own for each, as the values of JavaScript are: none is made for it.
    values = dict(zip(keys, range(count)))

    def fill():
        cached = functools.lru_cache(maxsize=count)(values.__getitem__)
        for key in keys:
            cached(key)
        return cached

    before = time.perf_counter_ns()
    fill()
    took = (time.perf_counter_ns() - before) / count
    tracemalloc.start()
    gc.collect()
    held = fill()
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    check(held.cache_info().currsize == count)
    return {"functools.lru_cache": [size / count, took]}


def main():
    asked = json.load(sys.stdin)
    job = asked.pop("job")
    jobs = {
        "a hit, awaited": awaited_hits,
        "a hit, sync": hits,
        "a miss that evicts": misses,
        "a stampede": stampede,
        "memory": memory,
    }
    rows = jobs[job](**asked)
    if asyncio.iscoroutine(rows):
        rows = asyncio.run(rows)
    version = ".".join(str(part) for part in sys.version_info[:2])
    json.dump({"version": version, "rows": rows}, sys.stdout)


main()
