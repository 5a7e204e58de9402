/** What can go wrong, as a key of the messages: the page never shows a bare status or a stack. */

export class Failure extends Error {
  /** key: of a message "error.<key>". values: for its {names}. again: whether trying again may help. */
  constructor(key, values = {}, again = false) {
    super(key);
    this.key = key;
    this.values = values;
    this.again = again;
  }
}

/** Any error as a Failure; what is not known is said with its own words. */
export function failureOf(error) {
  if (error instanceof Failure) return error;
  if (error?.name === "AbortError") return new Failure("stopped", {}, true);
  return new Failure("unknown", { detail: String(error?.message ?? error) }, true);
}
