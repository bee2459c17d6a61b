import { beforeAll, describe, expect, it } from "vitest";

import { loadReasons } from "../i18n/reasons.svelte";
import { language, loadTexts } from "../i18n/t.svelte";
import { errorText, reasonText } from "./error-text";

const reason = { code: "connect_failed", message: "in English", name: "m.example", port: 8080 };

describe("a reason", () => {
  it("shows the broker's message until the texts are loaded", () => {
    expect(reasonText(reason)).toBe("in English");
  });

  describe("with loaded texts", () => {
    beforeAll(() => Promise.all([loadReasons(), loadTexts("ru")]));

    it("is shown with its fields", () => {
      const text = reasonText({ ...reason, detail: "refused" });
      expect(text).toBe("Cannot connect to m.example, port 8080: refused");
    });

    it("is shown in the user's language", () => {
      language.current = "ru";
      const text = reasonText({ code: "channel_changed", message: "", status: "disconnected" });
      language.current = "en";
      expect(text).toContain("Отключён");
    });

    it("with an unknown code shows the broker's message", () => {
      expect(reasonText({ code: "from_the_future", message: "in English" })).toBe("in English");
    });

    it("of an error is shown instead of the error", () => {
      const error = { code: "too_large", message: "", details: { reason: { code: "busy", message: "" } } };
      expect(errorText(error)).toBe("Too many requests. Retry later.");
    });
  });

  it("is not needed for the client's own errors", () => {
    expect(errorText({ code: "timeout", message: "", details: {} })).toContain("did not respond");
    expect(errorText({ code: "teapot", message: "short and stout", details: {} })).toBe(
      "short and stout",
    );
  });
});
