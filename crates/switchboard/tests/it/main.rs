//! The binary, as it is called: its words, its exit codes, what it leaves on the disk.

#[cfg(test)]
mod api;
#[cfg(test)]
mod broker;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod init;
#[cfg(test)]
mod messenger;
#[cfg(test)]
mod program;
