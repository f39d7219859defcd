export interface PrimitiveOptions {
    name?: string | undefined;
}
export declare function checkName(action: string, options: PrimitiveOptions | undefined): string | undefined;
export declare abstract class Primitive {
    readonly name: string | undefined;
    constructor(action: string, options: PrimitiveOptions | undefined);
    abstract stats(): object;
    toString(): string;
}
