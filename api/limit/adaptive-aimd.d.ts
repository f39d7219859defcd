import { type Algorithm } from "./adaptive-algorithm.ts";
export interface AimdOptions {
    increase?: number | undefined;
    decrease?: number | undefined;
    slowMs?: number | undefined;
}
export declare function aimd(options?: AimdOptions): Algorithm;
