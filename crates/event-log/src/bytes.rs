use std::fs::File;
use std::io::{self, Read};

/// Takes the first `N` bytes off the slice. Returns `None`, and takes nothing, if it is shorter.
pub(crate) fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk::<N>()?;
    *rest = left;
    Some(*taken)
}

/// Appends up to `count` bytes of the file to `out`, fewer only at the end of the file. Returns how
/// many.
pub(crate) fn read_up_to(file: &mut File, count: usize, out: &mut Vec<u8>) -> io::Result<usize> {
    file.take(count as u64).read_to_end(out)
}
