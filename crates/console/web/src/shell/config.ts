import type { BrokerConfig } from "../api/client";

export async function loadBrokerConfig(): Promise<BrokerConfig> {
  const response = await fetch("/config.json", { cache: "no-store" });
  if (!response.ok) throw new Error(`/config.json: ${response.status} ${response.statusText}`);
  return (await response.json()) as BrokerConfig;
}
