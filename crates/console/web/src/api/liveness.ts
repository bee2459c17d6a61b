/** Notices a connection whose server no longer answers. */

const PING_INTERVAL_MS = 2_000;
/** Longer than a busy page or a slow mobile network delays an answer. */
const PONG_TIMEOUT_MS = 5_000;

/** Pings until an answer is late or a ping fails, then calls `onDead`. Returns how to stop. */
export function watch(ping: () => Promise<void>, onDead: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  let isStopped = false;
  const dead = () => {
    if (!isStopped) onDead();
  };
  const wait = () => {
    timer = setTimeout(() => {
      timer = setTimeout(dead, PONG_TIMEOUT_MS);
      ping().then(() => {
        clearTimeout(timer);
        if (!isStopped) wait();
      }, dead);
    }, PING_INTERVAL_MS);
  };
  wait();
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}
