/** What a person can mend: the message says what and how, and is printed without a stack trace. */
export class SetUpError extends Error {
  name = "SetUpError";
}
