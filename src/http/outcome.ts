/** What became of a request, for who counts. */
export interface Outcome {
  attempts: number;
  retries: number;
  bytes: number;
}
