/**
 * Addresses of this process alone: every address of 127.0.0.0/8 is this machine, so that no other
 * test, and no connection that goes out, can take a port between two starts of a broker.
 */
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";

const { pid } = process;
// 127.0.0.x is everybody's.
export const HOST = `127.${((pid >> 16) & 0x7f) + 64}.${(pid >> 8) & 0xff}.${pid & 0xff || 254}`;

/** So many free ports, all different. */
export async function free(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, listen));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}

const listen = () =>
  new Promise<Server>((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, HOST, () => resolve(server));
  });
