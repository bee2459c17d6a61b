/** The texts of the administration, loaded together with its screens. */
import { asApiError } from "../api/error";
import type { Reason } from "../api/types";
import { admin as adminEn } from "../i18n/admin.en";
import { admin as adminRu } from "../i18n/admin.ru";
import { en } from "../i18n/en";
import { russianTexts, texts, whole } from "../i18n/t.svelte";
import * as common from "../shell/error-text";

export { reasonText } from "../shell/error-text";

/** All texts: those of the operator's screens and of the administration. */
const russian = $derived({ ...russianTexts(), ...adminRu });
export const t = texts({ ...en, ...adminEn }, () => russian);

export const fullTime = (at: string) => whole(Date.parse(at));

/** What an administrator can do about a reason, if anything. */
export function adviceText({ code }: Reason): string | null {
  const key = `advice.${code}`;
  return Object.hasOwn(adminEn, key) ? t(key as keyof typeof adminEn) : null;
}

export const errorText = (thrown: unknown) => common.errorText(asApiError(thrown));
