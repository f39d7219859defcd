import { type Detector } from "../internal/runtime.ts";
export declare function createDetector(): Detector;
export declare function setDeadlockDetection(on: boolean): void;
