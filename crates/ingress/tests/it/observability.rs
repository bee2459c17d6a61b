//! Logs without secrets, and metrics by code.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use chat::reason::Reason;
use chat::rejection::{Code, Rejection};
use chat::rpc::{InboundReply, Security};
use metrics_exporter_prometheus::PrometheusBuilder;
use tracing_subscriber::fmt::MakeWriter;

use crate::fake_router::access;
use crate::test_gateway::{CODE, NOW, TestGateway, bare_message, message, signed};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

fn run(scenario: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(scenario);
}

/// Sends requests that fail in many ways, with secrets and line breaks in every field.
async fn refusals() {
    let gateway = TestGateway::new(access(CODE, Security::Token));
    let trace = (
        "traceparent".to_owned(),
        format!("00-{TRACE}-00f067aa0ba902b7-01"),
    );
    let nasty = format!("{{\"token\":\"{CODE}\nlevel=ERROR\u{1b}[31m\",\"type\":\"\\n{CODE}\"}}");
    gateway.post(&[trace], &nasty).await;
    gateway.post(&[], &message("guessed-token")).await;
    gateway.post(&[], &format!("{CODE} is not JSON")).await;
    gateway
        .post(&signed("guess", "m\t1", NOW, ""), &bare_message())
        .await;
    let unknown = message(CODE).replace("\"message\"", "\"\\u001b[2J\\nforged\"");
    gateway.post(&[], &unknown).await;
    let words = format!("no\n{{\"forged\":\"line\"}} {}", "\u{202e}");
    let rejection = Rejection {
        code: Code::MessageConflict,
        ..Reason::Unknown { detail: words }.into()
    };
    gateway.router.reply(Ok(InboundReply::Rejected(rejection)));
    gateway.post(&[], &message(CODE)).await;
    gateway.router.reply(Err(()));
    gateway.post(&[], &message(CODE)).await;
}

#[test]
fn an_error_is_one_log_line_without_secrets() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, || run(refusals()));

    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for secret in [CODE, "guessed-token", "hello"] {
        assert!(!text.contains(secret), "{secret:?} in {text}");
    }
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 7, "{text}");
    let codes: Vec<&str> = lines
        .iter()
        .map(|line| line["fields"]["code"].as_str().unwrap())
        .collect();
    assert_eq!(
        codes,
        [
            "malformed",
            "unauthorized",
            "malformed",
            "unauthorized",
            "invalid",
            "message_conflict",
            "unavailable",
        ]
    );
    assert_eq!(lines[0]["span"]["trace_id"], TRACE);
    let cause = lines[6]["fields"]["cause"].as_str().unwrap();
    assert!(cause.contains("no router"), "{cause}");
}

#[test]
fn responses_are_counted_by_status_and_code() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    metrics::with_local_recorder(&recorder, || {
        run(async {
            let gateway = TestGateway::token();
            for _ in 0..3 {
                gateway.post(&[], &message(CODE)).await;
            }
            gateway.post(&[], &message("wrong")).await;
        });
    });
    let text = handle.render();
    let requests = ingress::metric::REQUESTS;
    for line in [
        format!("{requests}{{status=\"200\",code=\"ok\"}} 3"),
        format!("{requests}{{status=\"401\",code=\"unauthorized\"}} 1"),
    ] {
        assert!(text.contains(&line), "{line} in {text}");
    }
}
