//! Records of the log: decoding never panics, and a decoded record encodes to an equal one.
#![no_main]

use chat::record::Record;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(record) = Record::decode(1, bytes) {
        let again = Record::decode(1, &record.encode()).expect("what was written can be read");
        assert_eq!(record.stream, again.stream);
    }
});
