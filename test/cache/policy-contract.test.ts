import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EvictionPolicy, Kept } from "../../src/cache/eviction-policy.ts";
import { policies } from "./policies.ts";
import { Entry, PolicyCache } from "./policy-cache.ts";
import { capacities, steps } from "./policy-model.ts";

function drain(policy: EvictionPolicy): Kept[] {
  const entries = [];
  for (let entry = policy.victim(); entry !== undefined; entry = policy.victim()) {
    policy.remove(entry);
    entries.push(entry);
  }
  return entries;
}

describe.each(policies)("$name", ({ make }) => {
  test("has a victim as long as there is an entry, and none then", () => {
    fc.assert(
      fc.property(capacities, steps, (capacity, list) => {
        const policy = make(capacity);
        const cache = new PolicyCache(policy, capacity);
        for (const step of list) {
          if ("delete" in step) {
            cache.delete(step.delete);
            continue;
          }
          cache.request(step.ask, step.size);
          const sizes = [...cache.entries.values()].map(({ size }) => size);
          const isStored = cache.entries.has(step.ask) || step.size > capacity;
          const total = sizes.reduce((sum, size) => sum + size, 0);
          if (!isStored || total > capacity)
            expect({ step, total }).toBe("stored, and no more than fits");
        }
        const entries = drain(policy);
        expect(new Set(entries)).toEqual(new Set(cache.entries.values()));
        expect(entries.length).toBe(cache.entries.size);
      }),
    );
  });

  test("ends its search for a victim when all entries were hit, again and again", () => {
    const policy = make(100);
    const entries = Array.from({ length: 100 }, (_, key) => new Entry(key));
    for (const entry of entries) policy.admit(entry);
    for (let round = 0; round < 20; round++) for (const entry of entries) policy.hit(entry);
    expect(new Set(drain(policy))).toEqual(new Set(entries));
  });

  test("holds nothing of an entry that was removed, and takes it again", () => {
    const policy = make(10);
    const entries = [0, 1, 2].map((key) => new Entry(key));
    for (const entry of entries) policy.admit(entry);
    const entry = entries[1]!;
    policy.hit(entry);
    policy.remove(entry);
    expect([entry.list, entry.previous, entry.next]).toEqual([undefined, undefined, undefined]);
    policy.admit(entry);
    expect(new Set(drain(policy))).toEqual(new Set(entries));
  });

  test("works for one entry alone", () => {
    const cache = new PolicyCache(make(1), 1);
    expect([1, 1, 2, 2, 1].map((key) => cache.request(key))).toEqual([
      "miss",
      "hit",
      "miss",
      "hit",
      "miss",
    ]);
  });

  test("works for sizes that are not whole and add up inexactly", () => {
    const policy = make(1);
    const cache = new PolicyCache(policy, 1);
    for (let i = 0; i < 2_000; i++) cache.request((i * 7) % 31, ((i * 13) % 10) / 10 + 0.1);
    const { size } = cache.entries;
    expect(drain(policy)).toHaveLength(size);
  });
});
