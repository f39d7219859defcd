import { lru } from "../../src/cache/policy-lru.ts";
import { s3Fifo } from "../../src/cache/policy-s3-fifo.ts";
import type { Eviction } from "../../src/cache/eviction-policy.ts";
import { sieve } from "./policy-sieve.ts";
import { tinyLfu } from "./policy-tiny-lfu.ts";

/** All policies that are measured. */
export const policies: readonly { readonly name: string; readonly make: Eviction }[] = [
  { name: "LRU", make: lru },
  { name: "SIEVE", make: sieve },
  { name: "S3-FIFO", make: s3Fifo },
  { name: "W-TinyLFU", make: (capacity) => tinyLfu(capacity) },
];
