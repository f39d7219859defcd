import { Lock } from "./lock.ts";
import { Permit } from "./permit.ts";
import { Primitive, type PrimitiveOptions } from "./primitive.ts";
export interface RwLockStats {
    readonly readers: number;
    readonly writing: boolean;
    readonly waiting: number;
}
export declare class WritePermit extends Permit {
    downgrade(): Permit;
}
export declare class RwLock extends Primitive {
    readonly read: Lock;
    readonly write: Lock<WritePermit>;
    constructor(options?: PrimitiveOptions);
    stats(): RwLockStats;
}
