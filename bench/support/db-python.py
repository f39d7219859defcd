"""The same as db.mjs with asyncpg and aiomysql, where Python has them: seconds per query, for each round."""

import asyncio
import json
import platform
import sys
import time

COUNT = 10_000
CONNECTIONS = 10


async def rounds(number, run):
    figures = []
    for _ in range(number + 1):
        begun = time.perf_counter()
        await run()
        figures.append((time.perf_counter() - begun) * 1e9 / COUNT)
    # The first one opens the connections.
    return figures[1:]


async def workers(query):
    left = COUNT

    async def worker():
        nonlocal left
        while left > 0:
            left -= 1
            await query()

    await asyncio.gather(*(worker() for _ in range(CONNECTIONS)))


async def postgres(url, number):
    import asyncpg

    pool = await asyncpg.create_pool(url, min_size=CONNECTIONS, max_size=CONNECTIONS)

    async def gather():
        await asyncio.gather(*(pool.fetch("SELECT 1") for _ in range(COUNT)))

    async def transaction():
        async with pool.acquire() as connection, connection.transaction():
            await connection.fetch("SELECT 1")

    try:
        return {
            "gather": {"asyncpg": await rounds(number, gather)},
            "workers": {"asyncpg": await rounds(number, lambda: workers(lambda: pool.fetch("SELECT 1")))},
            "transactions": {"asyncpg": await rounds(number, lambda: workers(transaction))},
        }
    finally:
        await pool.close()


async def mariadb(options, number):
    import aiomysql

    pool = await aiomysql.create_pool(minsize=CONNECTIONS, maxsize=CONNECTIONS, autocommit=True, **options)

    async def query():
        async with pool.acquire() as connection, connection.cursor() as cursor:
            await cursor.execute("SELECT 1")
            await cursor.fetchall()

    async def gather():
        await asyncio.gather(*(query() for _ in range(COUNT)))

    try:
        return {
            "gather": {"aiomysql": await rounds(number, gather)},
            "workers": {"aiomysql": await rounds(number, lambda: workers(query))},
        }
    finally:
        pool.close()
        await pool.wait_closed()


async def main():
    job = json.load(sys.stdin)
    of = {"postgres": postgres, "mariadb": mariadb}[job["server"]]
    measured = await of(job["where"], job["rounds"])
    json.dump({"version": platform.python_version(), "tables": measured}, sys.stdout)


asyncio.run(main())
