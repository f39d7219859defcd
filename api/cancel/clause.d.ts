export interface Clause<T> {
    take(): {
        readonly value: T;
    } | undefined;
}
