//! The journal: segments of frames. Its syncs are what an acknowledgement rests on.

pub(crate) mod chain;
pub(crate) mod chunk;
pub(crate) mod frame;
pub(crate) mod scanner;
pub(crate) mod sealer;
pub(crate) mod segment;
pub(crate) mod writer;
