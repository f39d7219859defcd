import {
  arrayBufferEquality,
  equals,
  iterableEquality,
  sparseArrayEquality,
  typeEquality,
} from "@vitest/expect";

const testers = [iterableEquality, typeEquality, sparseArrayEquality, arrayBufferEquality];

export const isDeepStrictEqual = (a, b) => equals(a, b, testers, true);

/** Only for the texts of failed tests. */
export const inspect = (value) => String(value);
