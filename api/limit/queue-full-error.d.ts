import { BrandedError } from "../cancel/errors.ts";
export declare class QueueFullError extends BrandedError {
    readonly name: "QueueFullError";
    readonly capacity: number;
    readonly queueName: string | undefined;
    constructor(capacity: number, queueName?: string);
}
