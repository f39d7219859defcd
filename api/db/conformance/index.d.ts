import type { DbDriver } from "../driver.ts";
export { ConformanceError } from "./expectation.ts";
export interface ConformanceCase {
    readonly name: string;
    readonly skipped: string | undefined;
    run(): Promise<void>;
}
export declare function dbConformance(make: () => DbDriver): readonly ConformanceCase[];
