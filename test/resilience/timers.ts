/** How many timers of the platform are set that keep the process alive. */
export function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
}
