const UNCERTAIN = new Set(["offline", "away", "timeout", "unavailable"]);

/** Why a request was not answered with `ok`. */
export class ApiError extends Error {
  constructor(
    /** Stable; what a program decides by. `offline`, `away` and `timeout` are ours. */
    readonly code: string,
    /** For people, in English. */
    message: string,
    readonly details: Record<string, unknown> = {},
  ) {
    super(message);
    this.name = "ApiError";
  }

  /** The request may have had its effect or not; the same `commandId` again settles it. */
  get isUncertain(): boolean {
    return UNCERTAIN.has(this.code);
  }
}

/** Whatever was thrown, as an {@link ApiError}. */
export function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  return new ApiError("unexpected", thrown instanceof Error ? thrown.message : String(thrown));
}
