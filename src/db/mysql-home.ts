const USES = /\buse\b/i;

/** Whether a statement may leave its session in another database, where a reset leaves it, too. */
export function mayMove(text: string): boolean {
  return USES.test(text);
}

/**
 * What takes a session back to the database that it was opened in.
 *
 * @throws If it was opened in none, to which nothing leads back, or in one that the driver does not tell.
 */
export function wayHome(home: string | undefined): string {
  if (home === undefined || home === "") throw new Error("the session may be in another database");
  return `USE \`${home.replaceAll("`", "``")}\``;
}
