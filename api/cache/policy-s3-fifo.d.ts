import type { EvictionPolicy } from "./eviction-policy.ts";
export declare function s3Fifo(capacity: number): EvictionPolicy;
