export declare class AgeingTime {
    #private;
    of(time: number): number;
}
export declare function ageOf(since: number): number;
