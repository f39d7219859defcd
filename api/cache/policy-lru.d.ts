import type { EvictionPolicy } from "./eviction-policy.ts";
export declare function lru(): EvictionPolicy;
