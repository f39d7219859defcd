"""Rows of http.mjs in Python: the same requests with aiohttp. Reads {url, requests, concurrency, rounds}."""

import asyncio
import json
import platform
import sys
import time

import aiohttp


async def run(url, requests, concurrency):
    connector = aiohttp.TCPConnector(limit=concurrency)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def one():
            async with session.get(url) as response:
                return len(await response.read())

        await asyncio.gather(*[one() for _ in range(concurrency)])
        start = time.perf_counter()
        lengths = await asyncio.gather(*[one() for _ in range(requests)])
        taken = time.perf_counter() - start
    assert sum(lengths) == requests * 1024
    return taken / requests * 1e9


job = json.load(sys.stdin)
perOp = [asyncio.run(run(job["url"], job["requests"], job["concurrency"])) for _ in range(job["rounds"])]
json.dump({"version": platform.python_version(), "aiohttp": aiohttp.__version__, "perOp": perOp}, sys.stdout)
