const UNCERTAIN = new Set(["offline", "away", "timeout", "unavailable"]);

export class ApiError extends Error {
  constructor(
    /** Stable. `offline`, `away`, `timeout` and `unexpected` are added by this client. */
    readonly code: string,
    /** English, for display. */
    message: string,
    readonly details: Record<string, unknown> = {},
  ) {
    super(message);
    this.name = "ApiError";
  }

  /** How long to wait before sending the request again, when the broker is too busy for it. */
  get retryAfterMs(): number | null {
    const { retryAfter } = this.details;
    return this.code === "unavailable" && typeof retryAfter === "number" ? retryAfter * 1_000 : null;
  }

  /** The request may have taken effect. Retrying with the same `commandId` is safe. */
  get isUncertain(): boolean {
    return UNCERTAIN.has(this.code);
  }
}

export function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  return new ApiError("unexpected", thrown instanceof Error ? thrown.message : String(thrown));
}
