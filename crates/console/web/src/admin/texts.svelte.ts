/** The texts of the administration, loaded together with its screens. */
import { asApiError } from "../api/error";
import { admin as adminEn } from "../i18n/admin.en";
import { admin as adminRu } from "../i18n/admin.ru";
import { en } from "../i18n/en";
import { ru } from "../i18n/ru";
import { texts, whole } from "../i18n/t.svelte";
import { errorText as commonErrorText } from "../shell/error-text";
import { isAdvised, reason } from "../state/reason";
import { refusal } from "./state/refusal";

export { reasonText } from "../shell/error-text";

/** All texts: those of the operator's screens and of the administration. */
export const t = texts({ ...en, ...adminEn }, { ...ru, ...adminRu });

export const fullTime = (at: string) => whole(Date.parse(at));

/** What an administrator can do about a reason, if anything. */
export function adviceText(words: string): string | null {
  const known = reason(words);
  return known && isAdvised(known.kind) ? t(`advice.${known.kind}`, known.values) : null;
}

export function errorText(thrown: unknown): string {
  const error = asApiError(thrown);
  const known = refusal(error);
  return known ? t(`refused.${known.kind}`, known.values) : commonErrorText(error);
}
