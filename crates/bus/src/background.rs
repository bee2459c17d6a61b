//! Threads of lower priority for work that no message waits for, such as scans of the log. On a busy
//! machine they use the processor time that the path of messages leaves.

use tokio::sync::oneshot;

/// Added to the nice value of a thread. A thread of the usual priority then gets nine times its share
/// (`sched_prio_to_weight` in Linux's kernel/sched/core.c). A debug build was measured beside greedy
/// clients on one core: with 5 messages waited about as long, with 15 a third less, but a hash took twice
/// as long.
const NICE: i32 = 10;

/// Runs `work` on a new thread, because the priority of a thread can be lowered but not raised again
/// without privileges. The caller bounds how many run at a time.
///
/// Returns `None` if the work panicked or the system has no thread left.
pub async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (sender, receiver) = oneshot::channel();
    let thread = std::thread::Builder::new().name("background".into());
    let started = thread.spawn(move || {
        lower_priority();
        // Nobody receives it if the caller was cancelled.
        drop(sender.send(work()));
    });
    if let Err(error) = started {
        tracing::error!(%error, "cannot start a background thread");
    }
    receiver.await.ok()
}

/// On Linux this is the priority of the thread. Without it the work is done as well.
fn lower_priority() {
    if let Err(error) = rustix::process::nice(NICE) {
        tracing::debug!(%error, "cannot lower the priority of a background thread");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn priority() -> i32 {
        rustix::process::getpriority_process(None).unwrap()
    }

    #[tokio::test]
    async fn work_runs_at_a_lower_priority_and_changes_no_other_thread() {
        let before = priority();
        assert_eq!(run(priority).await, Some((before + NICE).min(19)));
        assert_eq!(priority(), before);
    }

    #[tokio::test]
    async fn a_panic_is_reported_to_the_caller() {
        assert_eq!(run(|| panic!("a bug in the work")).await, None::<()>);
    }
}
