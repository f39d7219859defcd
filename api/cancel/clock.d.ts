import { type Timer, type TimerKind } from "../internal/runtime.ts";
export declare function now(): number;
export declare function setTimer<A>(ms: number, fire: (argument: A) => void, argument: A, kind: TimerKind): Timer;
