import { expect, test } from "vitest";
import { ClosedError, QueueFullError } from "corral";

test("QueueFullError says how many may wait, and is recognised by its brand", () => {
  const error = new QueueFullError(5, "mail");
  expect(error).toBeInstanceOf(Error);
  expect(error).toBeInstanceOf(QueueFullError);
  expect(error).not.toBeInstanceOf(ClosedError);
  expect(error).toMatchObject({
    name: "QueueFullError",
    capacity: 5,
    queueName: "mail",
    message: 'Work queue "mail" is full: at most 5 may wait',
  });
  expect(new QueueFullError(0).message).toBe("The work queue is full: at most 0 may wait");
  // Another copy of the library has a class of its own with the same brand.
  class OtherCopy extends Error {
    static readonly brand = "corral/QueueFullError";
  }
  expect(new OtherCopy()).toBeInstanceOf(QueueFullError);
});
